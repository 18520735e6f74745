"""Log: a file that a job writes what it says to, for as long as the file can be written."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO


class Log:
    """The log of a job. Where it cannot be written, the terminal says so once, and the job goes on.

    On a full disk the log is the first file that fails. An error of its own would take the place of the
    line that says what happened.

    Parameters
    ----------
    path : Path
        Of the file. Its folder is made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Names of files may hold bytes that are no text.
            self._file = path.open("w", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            self._give_up(error)

    def write(self, text: str) -> None:
        """Write text, at once.

        Parameters
        ----------
        text : str
            With the ends of its lines.
        """
        if self._file is not None:
            try:
                self._file.write(text)
                self._file.flush()
            except OSError as error:
                self._give_up(error)

    def flush(self) -> None:
        """Do nothing: all is written. It is here so that `print` and `traceback` take it for a file."""

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        broken, self._file = self._file, None
        if broken is not None:
            with suppress(OSError):  # it tries again to write what it holds
                broken.close()
        said = f"unhans: {self._path}: this log cannot be written ({error.strerror or error})"
        print(said, file=sys.stderr, flush=True)
