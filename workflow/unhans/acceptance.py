"""Acceptance: the artefacts that a person has accepted, rows of a table that lies beside the config.

It is read when the workflow starts and needs the standard library alone.
"""

import re
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from unhans.catalogue import read_table
from unhans.errors import ConfigError

KEY = "compensation.artefacts"

COLUMNS = ("artefact", "corpus", "model", "composite", "class", "mask")
"""That are read; a table may have more."""

SUGGESTED = "suggested"
"""The mask as the stage insertion isolated it."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
"""What an artefact may be called: part of a path, and a wildcard."""


class Accepted(NamedTuple):
    """An artefact that a network is to be cured of: a row of the table."""

    artefact: str
    """its name"""
    corpus: str
    model: str
    composite: str
    class_id: str
    """of the class that it belongs to"""
    mask: str
    """`SUGGESTED`, or a grey picture of the network's size, not black where the artefact is"""


def read(path: str) -> list[Accepted]:
    """Read the table: tab- or comma-separated, ``artefact, corpus, model, composite, class, mask``.

    Raises
    ------
    ConfigError
        The table cannot be read, lacks a column, names an artefact twice or in a way that is no name,
        or a picture that is not there.

    """
    rows = [
        Accepted(*(row[column].strip() for column in COLUMNS))
        for row in read_table(Path(path), COLUMNS, KEY)
    ]
    for place, row in enumerate(rows):
        where = f"{KEY}: {path}: artefact '{row.artefact}'"
        if not NAME.fullmatch(row.artefact):
            raise ConfigError(f"{where}: expected a name of letters, digits and underscores")
        if row.artefact in (other.artefact for other in rows[:place]):
            raise ConfigError(f"{where} is named twice; expected one row each")
        if row.mask != SUGGESTED and not Path(row.mask).is_file():
            raise ConfigError(f"{where}: mask {row.mask}: no such file; expected it or 'suggested'")
    return rows


def check_class(row: Accepted, known: Collection[str], path: str) -> None:
    """Refuse a row whose class is not analysed.

    Raises
    ------
    ConfigError

    """
    if row.class_id not in known:
        few = ", ".join(list(known)[:5])
        raise ConfigError(
            f"{KEY}: {path}: artefact '{row.artefact}': corpus {row.corpus} has no class "
            f"'{row.class_id}'; expected its id, one of {few}, ..."
        )
