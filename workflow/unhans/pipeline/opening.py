"""Opening: where the explorer of a run lies, and a browser to show it."""

import os
import webbrowser
from pathlib import Path

from unhans.config import loading
from unhans.errors import ConfigError

PAGE = Path("explorer/index.html")
"""The explorer within a folder of results."""


def find(results: str, default: Path) -> Path:
    """Find the explorer of a run.

    Parameters
    ----------
    results : str
        Folder of results, or a file of configuration.
    default : Path
        File of the default configuration.

    Returns
    -------
    Path
        Of its first page, absolute.

    Raises
    ------
    ConfigError
        There is none; the message says which command makes it.
    """
    given = Path(results)
    folder, command = given, "unhans run CONFIG explorer"
    if given.suffix in (".yaml", ".yml", ".json") and not given.is_dir():
        folder = Path(loading.load_over(default, loading.read_file(given)).results)
        command = f"unhans run {results} explorer"
    page = folder / PAGE
    if not page.is_file():
        others = sorted(str(one.parents[1]) for one in Path().glob(f"*/{PAGE}"))
        more = f". There is one of {', '.join(others)}: unhans open {others[0]}" if others else ""
        raise ConfigError(f"{page}: no explorer there; it is made by: {command}{more}")
    return Path(os.path.abspath(page))


def show(page: Path) -> bool:
    """Show a page in the browser of this machine.

    Parameters
    ----------
    page : Path
        Absolute.

    Returns
    -------
    bool
        Whether a browser was found.
    """
    return webbrowser.open(page.as_uri())
