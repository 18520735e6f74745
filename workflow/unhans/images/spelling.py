"""Spelling: when two labels are the same to a person who reads them, and which stand for no label.

Unicode writes many letters in two ways (NFC and NFD; macOS names folders in the latter), and some of its
characters do not show.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable

_HIDDEN = re.compile(
    # Soft hyphen, zero-width space, marks of direction, word joiner, byte order mark anywhere;
    # joiners, which change how some scripts are drawn, at the ends alone.
    "[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
    "|^[\u200c\u200d\\s]*[\u200c\u200d]|[\u200c\u200d][\u200c\u200d\\s]*$"
)

_MISSING = frozenset({
    *("", "na", "n/a", "n.a.", "nan", "-nan", "none", "null", "nil", "<na>", "<none>", "<null>"),
    *("#n/a", "#na", "#n/a n/a", "#null!", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
})  # fmt: skip
"""Labels by which programs write that there is none, in small letters."""


def plain(label: str) -> str:
    """Write a label in the one way in which it is compared.

    Parameters
    ----------
    label : str
        Any text.

    Returns
    -------
    str
        In NFC, without characters that do not show.

    References
    ----------
    Unicode Standard Annex 15.

    """
    return unicodedata.normalize("NFC", _HIDDEN.sub("", label))


def is_missing(label: str) -> bool:
    """Say whether a label is how programs write that there is none, in small letters or capitals.

    Parameters
    ----------
    label : str
        Any text.

    Returns
    -------
    bool

    """
    return plain(label).strip().lower() in _MISSING


def same(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Find labels that no reader can tell apart.

    Parameters
    ----------
    labels : iterable of str
        Each once.

    Returns
    -------
    list of tuple of str
        Two or more of them each, sorted.

    """
    return _groups({label: plain(label) for label in labels})


def alike(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Find labels that differ in capitals or spaces alone.

    Parameters
    ----------
    labels : iterable of str
        Each once.

    Returns
    -------
    list of tuple of str
        Two or more of them each, sorted.

    """
    return _groups(
        {label: " ".join(label.casefold().replace("_", " ").split()) for label in labels}
    )


def _groups(forms: dict[str, str]) -> list[tuple[str, ...]]:
    counts = Counter(forms.values())
    groups: dict[str, list[str]] = defaultdict(list)
    for label, form in sorted(forms.items()):
        if counts[form] > 1:
            groups[form].append(label)
    return [tuple(group) for group in groups.values()]
