"""Acceptance: the artefacts that a person has accepted, rows of a table that lies beside the config.

It is read when the workflow starts and needs the standard library alone.
"""

import re
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from unhans.errors import ConfigError
from unhans.images.class_index import read_table

KEY = "correction.artefacts"

COLUMNS = ("artefact", "corpus", "model", "composite", "class", "mask")
"""That a table has."""

OPTIONAL = ("template", "kind", "analysis", "k", "cluster")
"""That it may have; further ones are not read."""

SUGGESTED = "suggested"
"""The mask, or the template, as it is isolated from the images."""

KINDS = ("fixed", "free", "whole", "overlay")
"""See `types.Placement`."""

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
    template: str = SUGGESTED
    """`SUGGESTED`, or a picture of the network's size; what is transparent in it is not put in"""
    kind: str = "fixed"
    """one of `KINDS`"""
    analysis: str = ""
    """whose cluster it is: ``<representation>/<metric>/knn<knn>/q<q>``; empty for the flagged group"""
    k: str = ""
    """number of clusters of that clustering"""
    cluster: str = ""
    """its number, from 0, the largest"""

    @property
    def explanation(self) -> tuple[str, str, str]:
        """Corpus, network and composite."""
        return self.corpus, self.model, self.composite

    @property
    def drawn(self) -> bool:
        """Whether it comes from a picture, and needs no images that bear it."""
        return self.template != SUGGESTED


def read(path: str) -> list[Accepted]:
    """Read the table: tab- or comma-separated, with `COLUMNS` and any of `OPTIONAL`.

    Raises
    ------
    ConfigError
        The table cannot be read, lacks a column, names an artefact twice or in a way that is no name,
        a picture that is not there, an unknown kind, or a cluster in part.

    """
    rows: list[Accepted] = []
    for place, line in enumerate(read_table(Path(path), COLUMNS, KEY)):
        given = {name: line.get(name, "").strip() for name in (*COLUMNS, *OPTIONAL)}
        given["class_id"] = given.pop("class")
        left_out = {name for name in OPTIONAL if not given[name]}
        row = Accepted(**{name: text for name, text in given.items() if name not in left_out})
        where = f"{KEY}: {path}: artefact '{row.artefact}'"
        if row.artefact in (other.artefact for other in rows[:place]):
            raise ConfigError(f"{where} is named twice; expected one row each")
        _check(row, where)
        rows.append(row)
    return rows


def _check(row: Accepted, where: str) -> None:
    if not NAME.fullmatch(row.artefact):
        raise ConfigError(f"{where}: expected a name of letters, digits and underscores")
    for what in ("mask", "template"):
        file = getattr(row, what)
        if file != SUGGESTED and not Path(file).is_file():
            raise ConfigError(f"{where}: {what} {file}: no such file; expected it or 'suggested'")
    if row.kind not in KINDS:
        raise ConfigError(f"{where}: kind '{row.kind}'; expected one of {', '.join(KINDS)}")
    cluster = (row.analysis, row.k, row.cluster)
    if any(cluster) and not (row.analysis and row.k.isdecimal() and row.cluster.isdecimal()):
        raise ConfigError(
            f"{where}: analysis '{row.analysis}', k '{row.k}', cluster '{row.cluster}'; expected all "
            "three (none/euclidean/knn10/q32, 8, 2), or none for the flagged group"
        )


def check_class(row: Accepted, known: Collection[str], path: str) -> None:
    """Refuse a row whose class is not among those that are known.

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


def check_analysis(row: Accepted, known: Collection[str], path: str) -> None:
    """Refuse a row whose cluster is of an analysis that is not configured.

    Raises
    ------
    ConfigError

    """
    if row.analysis and row.analysis not in known:
        raise ConfigError(
            f"{KEY}: {path}: artefact '{row.artefact}': no analysis '{row.analysis}'; expected one of "
            f"{', '.join(known)}"
        )
