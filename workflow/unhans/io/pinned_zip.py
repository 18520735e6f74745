"""Pinned zip: a store for Zarr whose entries carry one time stamp, and that ends with its first error."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from zarr.storage import ZipStore

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time stamp inside every zip: equal results are equal files."""


class PinnedZipStore(ZipStore):
    """A ZipStore whose entries all carry the same time stamp.

    Zarr writes chunks in tasks of a thread of its own. After one has failed, as on a full disk, the
    others go on: they write at a wrong place, or open the file anew once it is closed and removed,
    and Python prints what became of them. Here an error is kept for `check`, and nothing is written
    after it.
    """

    fault: OSError | None = None
    """The first error of the file system"""

    def _set(self, key: str, value: Any) -> None:
        # Under the lock of the store.
        if self.fault is not None:
            return
        if not self._is_open:
            self._sync_open()
        entry = zipfile.ZipInfo(key, date_time=EPOCH)
        entry.external_attr = 0o644 << 16
        try:
            self._zf.writestr(entry, value.to_bytes())
        except OSError as error:
            self.fault = error
            # Else the zip would write its directory, also when it is deleted.
            file, self._zf.fp = self._zf.fp, None
            if file is not None:
                with suppress(OSError):  # it tries again to write what it holds
                    file.close()

    def check(self) -> None:
        """Raise the first error of the file system, if there was one.

        Raises
        ------
        OSError
            The file system could not write, as on a full disk.

        """
        if self.fault is not None:
            raise self.fault


@contextmanager
def writing(path: Path) -> Iterator[PinnedZipStore]:
    """Open a zip for writing.

    Parameters
    ----------
    path : Path
        Of the file.

    Yields
    ------
    PinnedZipStore
        Whole after the block.

    Raises
    ------
    OSError
        The first error of the file system, whatever Zarr made of it.

    """
    with PinnedZipStore(path, mode="w") as store:
        try:
            yield store
        finally:
            store.check()
