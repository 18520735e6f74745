"""Answers: a person's labels of features, a table beside the config.

The table is read when the workflow starts; this needs the standard library alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from unhans.errors import ConfigError, printed
from unhans.images.label_table import read_table

CORE = "core"
UNSURE = "unsure"
SPURIOUS = ("spurious", "separate_object", "background")
"""Labels of features that are no part of the object."""

ANSWERS = (CORE, *SPURIOUS[1:], UNSURE)
"""What a person may answer."""

KEY = "sensitivity.labels"

COLUMNS = ("corpus", "model", "class", "feature", "label")
"""Columns that the table must have."""

OPTIONAL = ("confidence", "reasons")
"""Columns that it may have; others are ignored."""

LONGEST = 1_000
"""Letters of the longest cell."""


class Answer(NamedTuple):
    """A person's label of a feature: a row of the table.

    Parameters
    ----------
    corpus, model, class_id : str
        Of the feature.
    feature : str
        ``neuron412``, ``component1``.
    label : str
        One of `ANSWERS`.
    confidence : str
        ``1`` to ``5``, or empty.
    reasons : str
        In the person's words.
    """

    corpus: str
    model: str
    class_id: str
    feature: str
    label: str
    confidence: str = ""
    reasons: str = ""


def read(path: str | Path) -> list[Answer]:
    """Read the table of labels: tab- or comma-separated, with `COLUMNS` and any of `OPTIONAL`.

    Parameters
    ----------
    path : str or Path
        Of the table.

    Returns
    -------
    list of Answer
        One a row.

    Raises
    ------
    ConfigError
        The table cannot be read, lacks a column, labels a feature twice, or a cell is not valid.
    """
    rows: list[Answer] = []
    for place, line in enumerate(read_table(Path(path), COLUMNS, KEY, may_be_empty=True)):
        where = f"{KEY}: {path}: row {place + 1}"
        given = {name: (line.get(name) or "").strip() for name in (*COLUMNS, *OPTIONAL)}
        for name, text in given.items():
            if not text.isprintable() or len(text) > LONGEST:
                raise ConfigError(
                    f"{where}: {name} '{printed(text[:80])}': expected at most {LONGEST} letters "
                    "that print"
                )
        given["class_id"] = given.pop("class")
        row = Answer(**given)
        _check(row, where)
        if row[:4] in (other[:4] for other in rows):
            raise ConfigError(f"{where}: {row.feature} of class {row.class_id} is labelled twice")
        rows.append(row)
    return rows


def of_class(answers: Iterable[Answer], corpus: str, model: str, class_id: str) -> dict[str, str]:
    """Choose the labels of a class.

    Parameters
    ----------
    answers : iterable of Answer
        Of any classes.
    corpus, model, class_id : str
        Of the class.

    Returns
    -------
    dict of str to str
        Label by feature.
    """
    own = (corpus, model, class_id)
    return {row.feature: row.label for row in answers if row[:3] == own}


def describe_unknown(labels: Mapping[str, str], known: Sequence[str]) -> str:
    """Say which labelled features were not found.

    Parameters
    ----------
    labels : mapping of str to str
        Labels of a class by feature.
    known : sequence of str
        Features of the class.

    Returns
    -------
    str
        A line.
    """
    strangers = [feature for feature in labels if feature not in known]
    used = f"sensitivity: {len(labels) - len(strangers)} labels of a person are used"
    return used + (f"; not among the features: {', '.join(strangers)}" if strangers else "")


def _check(row: Answer, where: str) -> None:
    if row.label not in ANSWERS:
        raise ConfigError(f"{where}: label '{row.label}'; expected one of {', '.join(ANSWERS)}")
    kind = next((kind for kind in ("neuron", "component") if row.feature.startswith(kind)), "")
    if not kind or not row.feature.removeprefix(kind).isdecimal():
        raise ConfigError(
            f"{where}: feature '{row.feature}'; expected neuron<number> or component<number>"
        )
    if row.confidence and row.confidence not in tuple("12345"):
        raise ConfigError(f"{where}: confidence '{row.confidence}'; expected 1 to 5, or nothing")
