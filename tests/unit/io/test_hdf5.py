"""hdf5: a full disk is an error of the system, whenever h5py notices it."""

import errno

import h5py
import pytest

from unhans.io import hdf5

SAID = "Can't decrement id ref count (file write failed: errno = 28, error message = 'No space')"


def test_a_file_holds_what_is_written(tmp_path):
    with hdf5.created(tmp_path / "x.h5", track_order=True) as file:
        file["b"], file["a"] = 1, 2
    with h5py.File(tmp_path / "x.h5") as file:
        assert list(file) == ["b", "a"]


@pytest.mark.parametrize("kind", [RuntimeError, OSError])
def test_a_full_disk_has_its_number(kind, tmp_path, monkeypatch):
    class Full(h5py.File):
        def __exit__(self, *given):
            super().__exit__(*given)
            raise kind(SAID)

    monkeypatch.setattr(h5py, "File", Full)
    with pytest.raises(OSError, match="No space left") as raised, hdf5.created(tmp_path / "x.h5"):
        pass
    assert raised.value.errno == errno.ENOSPC


def test_other_errors_are_left_as_they_are(tmp_path):
    with pytest.raises(RuntimeError, match="mine"), hdf5.created(tmp_path / "x.h5"):
        raise RuntimeError("mine")
