"""Renamed keys: a configuration that holds an old key is refused with the new key's name."""

from collections.abc import Iterator, Mapping
from typing import Any

RENAMED: Mapping[str, str] = {
    "distance.near": "distance.n_candidates",
    "distance.full": "distance.max_points",
    "distance.points": "distance.n_atoms",
    "distance.part": "distance.sign",
    "distance.share": "distance.mass_fraction",
    "distance.exponent": "distance.p",
    "barycentre.share": "barycentre.mass_fraction",
    "ablation": "planted_response (of planted artefacts) and candidate_response (of flagged groups)",
    "contrast": "group_search",
    "contrast.cells": "group_search.bins",
    "effect": "accepted_response",
    "compensation": "correction",
}
"""Old key -> new key, as dotted paths: of a section, or of a key in a section.

Where one key became two, the new ones are joined by ``and``, each with what it is of in parentheses.

``*`` stands for any name (``corpus.*.old``). Where a section is renamed too, the keys that it keeps need
no row of their own.
"""


def old_keys(values: Mapping[str, Any], renamed: Mapping[str, str] = RENAMED) -> Iterator[str]:
    """Find the old keys in a configuration.

    An old key is also found under the new name of its section.

    Parameters
    ----------
    values : mapping
        The configuration, before it is checked.
    renamed : mapping of str to str
        See `RENAMED`.

    Yields
    ------
    str
        ``<old key> is now <new key>``, for each old key that is given.
    """
    for old, new in renamed.items():
        for pattern in dict.fromkeys((old, _within_new_section(old, new))):
            if pattern == new:
                continue
            for names, path in _matches(values, pattern.split(".")):
                found = iter(names)
                parts = [next(found, "*") if part == "*" else part for part in new.split(".")]
                yield f"{'.'.join(path)} is now {'.'.join(parts)}"


def _within_new_section(old: str, new: str) -> str:
    """Path of an old key in a section that already has its new name."""
    section, _, _ = new.rpartition(".")
    return ".".join(part for part in (section, old.rpartition(".")[2]) if part)


def _matches(
    values: Any, pattern: list[str], names: tuple[str, ...] = (), path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Paths that a pattern matches, with the names that stand for its ``*``."""
    if not pattern:
        yield names, path
        return
    if not isinstance(values, Mapping):
        return
    first, *rest = pattern
    for key in values if first == "*" else [key for key in values if key == first]:
        known = (*names, str(key)) if first == "*" else names
        yield from _matches(values[key], rest, known, (*path, str(key)))
