"""Errors: each message names a file or a key, and what was expected of it."""

import difflib
import re
from collections.abc import Iterable

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
"""Sequences that colour a terminal."""


def one_line(error: BaseException, most: int = 1_000) -> str:
    """Give the message of an error on one line, without sequences for terminals.

    Parameters
    ----------
    error : BaseException
        Messages of other packages may begin with an empty line.
    most : int
        Longer messages are cut to so many characters.

    Returns
    -------
    str
        The name of the error's type where it has no message.

    """
    lines = (line.strip() for line in _ESCAPES.sub("", str(error)).splitlines())
    text = " ".join(filter(None, lines)) or type(error).__name__
    return text if len(text) <= most else f"{text[: most - 4]} ..."


def printed(name: str) -> str:
    """Write a name of the file system on one line.

    Parameters
    ----------
    name : str
        It may hold new lines, and bytes that are no text.

    Returns
    -------
    str
        Such characters are escaped.

    """
    return name if name.isprintable() else repr(name)[1:-1]


def near(name: str, known: Iterable[str]) -> str:
    """Ask whether a name that is unknown is one that is like it.

    Parameters
    ----------
    name : str
        That a person wrote.
    known : iterable of str
        Names that there are.

    Returns
    -------
    str
        ``did you mean ks or knn?``: names that begin as it does or differ in few letters, three at
        most; empty where there is none.

    """
    names = list(known)
    begun = [one for one in names if name and (one.startswith(name) or name.startswith(one))]
    close = difflib.get_close_matches(name, names, n=2, cutoff=0.6)
    found = list(dict.fromkeys([*close, *begun]))[:3]
    return f"did you mean {' or '.join(found)}?" if found else ""


class UnhansError(Exception):
    """A fault that a person can mend; its message is shown alone, without a traceback."""


class ConfigError(UnhansError):
    """The configuration names an unknown key or holds an impossible value."""


class StoreError(UnhansError):
    """A result file is missing, damaged, or not what its stage should have written."""


class MetricError(UnhansError):
    """A metric of a user's own cannot be imported, fails, or returns no matrix of distances."""


class InputError(UnhansError, ValueError):
    """Data that cannot be used: wrong shape, not finite, too few images.

    In a job the class is set aside with the message as the reason, and the other classes continue.
    """


class ArgumentError(InputError, TypeError):
    """An argument or option that a function does not have; the message names those that it has."""


class SetAsideError(InputError):
    """A stage above set this class aside; the message is the reason that it gave."""


class NotCoveredError(InputError):
    """The fast LRP engine has no rule for a part of a network; the message names the part."""
