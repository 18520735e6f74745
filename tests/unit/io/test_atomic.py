"""atomic: files are written whole into a folder that is made in any case."""

from unhans.io import atomic


def test_a_folder_is_made_and_holds_the_files(tmp_path):
    atomic.write_folder(tmp_path / "a" / "b", {"x.pt2": b"one", "y": b""})
    files = {path.name: path.read_bytes() for path in (tmp_path / "a" / "b").iterdir()}
    assert files == {"x.pt2": b"one", "y": b""}


def test_without_files_the_folder_is_empty(tmp_path):
    atomic.write_folder(tmp_path / "a", {})
    assert list((tmp_path / "a").iterdir()) == []
