"""Accepted artefacts: rows of a table beside the config, which a person has accepted.

The table is read when the workflow starts; this needs the standard library alone.
"""

import math
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from unhans.choices import RESTORED, WHOLE_CHANGES
from unhans.errors import ConfigError, printed
from unhans.images.label_table import read_table

KEY = "correction.artefacts"

COLUMNS = ("artefact", "corpus", "model", "composite", "class", "mask")
"""Columns that a table must have."""

OPTIONAL = (
    *("template", "kind", "indicator", "analysis", "k", "cluster"),
    *("intervention", "strength", "feature"),
)
"""Columns that it may have; others are ignored."""

LONGEST = 1_000
"""Letters of the longest cell."""

SUGGESTED = "suggested"
"""Stands for the mask, or the template, that is isolated from the images."""

KINDS = ("fixed", "free", "whole", "overlay", *WHOLE_CHANGES)
"""See `choices.Placement` and `choices.WHOLE_CHANGES`."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
"""Names that an artefact may have: a name is part of a path, and a wildcard."""


FEATURE = re.compile(r"neuron[0-9]{1,9}|component[1-9][0-9]{0,8}")
"""Names of neural features."""


class Accepted(NamedTuple):
    """An artefact that a network is to be corrected of: a row of the table.

    Parameters
    ----------
    artefact : str
        Its name.
    corpus, model, composite : str
        Point of the grid that it was found at.
    class_id : str
        The class that it belongs to.
    mask : str
        `SUGGESTED`, or the path of a grey picture of the network's size, not black where the artefact
        is.
    template : str
        `SUGGESTED`, or the path of a picture of the network's size; transparent pixels are not
        inserted.
    kind : str
        One of `KINDS`.
    indicator : str
        That flags its group, such as ``grouped``; empty for the one of least p-value of those that flag
        its class.
    analysis : str
        Analysis of its cluster, ``<representation>/<metric>/knn<knn>/q<q>``; empty for the flagged
        group.
    k : str
        Number of clusters of that clustering.
    cluster : str
        Number of the cluster, from 0, the largest.
    intervention, strength : str
        Of the kinds of `choices.WHOLE_CHANGES`: the change that stands for the artefact, and a number.
    feature : str
        Neural feature whose images show it, ``neuron412`` or ``component1``; empty for a group.

    """

    artefact: str
    corpus: str
    model: str
    composite: str
    class_id: str
    mask: str = SUGGESTED
    template: str = SUGGESTED
    kind: str = "fixed"
    indicator: str = ""
    analysis: str = ""
    k: str = ""
    cluster: str = ""
    intervention: str = ""
    strength: str = ""
    feature: str = ""

    @property
    def changes_all(self) -> bool:
        """Whether it is a change of whole images, which all images of its class show."""
        return self.kind in WHOLE_CHANGES

    @property
    def restored(self) -> bool:
        """Whether a denoiser takes it out of images."""
        return self.kind in RESTORED

    @property
    def explanation(self) -> tuple[str, str, str]:
        """Corpus, network and composite."""
        return self.corpus, self.model, self.composite

    @property
    def drawn(self) -> bool:
        """Whether its template is a picture; it then needs no images that show it."""
        return self.template != SUGGESTED

    def columns(self) -> dict[str, str]:
        """Give the columns that name it in tables of results.

        Returns
        -------
        dict of str to str
            Value by column.

        """
        named = {name: getattr(self, name) for name in ("corpus", "model", "composite", "artefact")}
        return {**named, "class": self.class_id}


def read(path: str) -> list[Accepted]:
    """Read the table: tab- or comma-separated, with `COLUMNS` and any of `OPTIONAL`.

    Parameters
    ----------
    path : str
        Of the table.

    Returns
    -------
    list of Accepted
        One a row.

    Raises
    ------
    ConfigError
        The table cannot be read, lacks a column, names an artefact twice or by an invalid name, or
        names a picture that is not there, an unknown kind, or a cluster in part, or a cell holds what
        does not print.

    """
    rows: list[Accepted] = []
    for place, line in enumerate(read_table(Path(path), COLUMNS, KEY, may_be_empty=True)):
        given = {name: line.get(name, "").strip() for name in (*COLUMNS, *OPTIONAL)}
        _check_cells(given, f"{KEY}: {path}: row {place + 1}")
        given["class_id"] = given.pop("class")
        left_out = {name for name in OPTIONAL if not given[name]}
        row = Accepted(**{name: text for name, text in given.items() if name not in left_out})
        where = f"{KEY}: {path}: artefact '{row.artefact}'"
        if row.artefact in (other.artefact for other in rows[:place]):
            raise ConfigError(f"{where} is named twice; expected one row each")
        _check(row, where)
        rows.append(row)
    return rows


def _check_cells(given: Mapping[str, str], where: str) -> None:
    """Refuse what no name, path or number of this table holds, so that messages may show the rest."""
    for name, text in given.items():
        if not text.isprintable() or len(text) > LONGEST:
            raise ConfigError(
                f"{where}: {name} '{printed(text[:80])}': expected at most {LONGEST} letters that print"
            )


def _check(row: Accepted, where: str) -> None:
    if not NAME.fullmatch(row.artefact):
        raise ConfigError(f"{where}: expected a name of letters, digits and underscores")
    for what in ("mask", "template"):
        file = getattr(row, what)
        if file != SUGGESTED and not os.path.isfile(file):  # a Path raises for a name too long
            raise ConfigError(
                f"{where}: {what} {file}: no such file; expected an existing file or 'suggested'"
            )
    if row.kind not in KINDS:
        raise ConfigError(f"{where}: kind '{row.kind}'; expected one of {', '.join(KINDS)}")
    if row.changes_all or row.intervention or row.strength:
        _check_change(row, where)
    if row.feature and not FEATURE.fullmatch(row.feature):
        raise ConfigError(
            f"{where}: feature '{row.feature}'; expected neuron<number> or component<number>"
        )
    if row.feature and (row.indicator or row.analysis):
        raise ConfigError(
            f"{where}: feature '{row.feature}' beside indicator '{row.indicator}' and analysis "
            f"'{row.analysis}'; expected one of the three"
        )
    cluster = (row.analysis, row.k, row.cluster)
    if any(cluster) and not (row.analysis and row.k.isdecimal() and row.cluster.isdecimal()):
        raise ConfigError(
            f"{where}: analysis '{row.analysis}', k '{row.k}', cluster '{row.cluster}'; expected all "
            "three (none/euclidean/knn10/q32, 8, 2), or none for the flagged group"
        )


def _check_change(row: Accepted, where: str) -> None:
    known = WHOLE_CHANGES.get(row.kind, {})
    if not known:
        raise ConfigError(
            f"{where}: intervention '{row.intervention}' and strength '{row.strength}' of kind "
            f"'{row.kind}'; expected one of the kinds {', '.join(WHOLE_CHANGES)}"
        )
    if row.intervention not in known:
        raise ConfigError(
            f"{where}: kind '{row.kind}' with intervention '{row.intervention}'; expected one of "
            f"{', '.join(known)}"
        )
    low, high = known[row.intervention]
    try:
        strength = float(row.strength)
    except ValueError:
        strength = math.nan
    if not low < strength <= high:
        raise ConfigError(
            f"{where}: strength '{row.strength}' of {row.intervention}; expected a number above {low:g}, "
            f"at most {high:g}"
        )
    if (
        (row.mask, row.template) != (SUGGESTED, SUGGESTED)
        or row.analysis
        or row.indicator
        or row.feature
    ):
        raise ConfigError(
            f"{where}: kind '{row.kind}' changes whole images; expected mask and template "
            f"'{SUGGESTED}', no indicator, no cluster and no feature"
        )


def check_class(row: Accepted, known: Collection[str], path: str) -> None:
    """Refuse a row whose class is unknown.

    Parameters
    ----------
    row : Accepted
        The row.
    known : collection of str
        Ids of the classes of its corpus.
    path : str
        Of the table, for the message.

    Raises
    ------
    ConfigError
        The class is not among those known.

    """
    if row.class_id not in known:
        few = ", ".join(list(known)[:5])
        raise ConfigError(
            f"{KEY}: {path}: artefact '{row.artefact}': corpus {row.corpus} has no class "
            f"'{row.class_id}'; expected its id, one of {few}, ..."
        )


def check_analysis(row: Accepted, known: Collection[str], path: str) -> None:
    """Refuse a row whose cluster is of an analysis that is not configured.

    Parameters
    ----------
    row : Accepted
        The row.
    known : collection of str
        Analyses that are configured, as the row would name them.
    path : str
        Of the table, for the message.

    Raises
    ------
    ConfigError
        The analysis is not among those known.

    """
    if row.analysis and row.analysis not in known:
        raise ConfigError(
            f"{KEY}: {path}: artefact '{row.artefact}': no analysis '{row.analysis}'; expected one of "
            f"{', '.join(known)}"
        )
