"""HDF5: files for other programs, whose faults are those of the system."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py


@contextmanager
def created(path: Path, **options: Any) -> Iterator[Any]:
    """Create a file.

    Parameters
    ----------
    path : Path
        Of the file; what it held is lost.
    **options
        Of `h5py.File`.

    Yields
    ------
    h5py.File

    Raises
    ------
    OSError
        It cannot be written, with the number of the system's error. A full disk is a `RuntimeError` of
        h5py where it is noticed as late as the file is closed.

    """
    try:
        with h5py.File(path, "w", **options) as file:
            yield file
    except (OSError, RuntimeError) as error:
        number = re.search(r"errno = (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
