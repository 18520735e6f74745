"""job_files: files of a job by name, and those of each class of a chunk."""

import pytest

from unhans.pipeline import job_files


def test_each_class_of_a_chunk_gets_its_file_or_its_files():
    assert job_files.nth("all.tsv", 1, 3) == "all.tsv"
    assert job_files.nth(["a", "b", "c"], 1, 3) == "b"
    assert job_files.nth(["a1", "a2", "b1", "b2"], 1, 2) == ["b1", "b2"]
    assert job_files.nth(["a1", "a2"], 0, 1) == ["a1", "a2"]
    assert job_files.nth([], 1, 2) == []


def test_a_list_with_more_files_of_one_class_than_of_others_is_refused():
    with pytest.raises(ValueError, match="3 files of 2 classes; expected as many of each"):
        job_files.nth(["a1", "a2", "b1"], 0, 2)


def test_paths_are_listed_and_removed(tmp_path):
    files = [str(tmp_path / name) for name in ("a", "b")]
    (tmp_path / "a").touch()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").touch()
    assert job_files.paths_of([files, files[0], []]) == [*files, files[0]]
    job_files.remove([files, str(tmp_path / "none")])
    assert list(tmp_path.iterdir()) == []
