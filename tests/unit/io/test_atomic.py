"""atomic: files are written whole into a folder that is made in any case."""

import errno
import os

import pytest

from unhans.errors import StoreError
from unhans.io import atomic, digests


def test_a_folder_is_made_and_holds_the_files(tmp_path):
    atomic.write_folder(tmp_path / "a" / "b", {"x.pt2": b"one", "y": b""})
    files = {path.name: path.read_bytes() for path in (tmp_path / "a" / "b").iterdir()}
    assert set(files.pop(digests.LIST).decode().split()[1::2]) == {"x.pt2", "y"}
    assert files == {"x.pt2": b"one", "y": b""}


def test_without_files_the_folder_has_an_empty_list(tmp_path):
    atomic.write_folder(tmp_path / "a", {})
    assert [path.name for path in (tmp_path / "a").iterdir()] == [digests.LIST]
    assert (tmp_path / "a" / digests.LIST).read_bytes() == b""


def test_a_file_of_a_tree_may_be_written_by_a_function(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "old").touch()
    given = [("a/x", lambda path: path.write_text("one") and None), ("y", b"two")]
    atomic.write_tree(tmp_path / "tree", given)
    assert (tmp_path / "tree" / "a" / "x").read_text() == "one"
    assert (tmp_path / "tree" / "y").read_text() == "two"
    assert not (tmp_path / "tree" / "old").exists()


def test_a_function_that_fails_leaves_no_file(tmp_path):
    def full(path):
        path.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StoreError, match=r"big: cannot be written \(No space left on device"):
        atomic.write_tree(tmp_path / "tree", [("first", b"1"), ("big", full), ("last", b"2")])
    assert [path.name for path in (tmp_path / "tree").iterdir()] == ["first"]
