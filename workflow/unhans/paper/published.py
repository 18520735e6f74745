"""Published: the values that Anders et al. 2019 (arXiv:1912.11425v1) give in tables 1 to 4.

They are of VGG-16 and ImageNet, and stand in ``data/paper.tsv``, one cell a row.
"""

import csv
import math
import re
from functools import cache
from pathlib import Path

PAPER = Path(__file__).parents[1] / "data" / "paper.tsv"
"""Columns ``table``, ``class``, ``name``, ``bias`` (empty in table 1), ``row`` and ``value``."""


def value(number: int, class_id: str, row: str, bias: str = "") -> float:
    """Value of a cell.

    Parameters
    ----------
    number : int
        Of the table.
    class_id : str
        WordNet id of the class.
    row : str
        ``tau`` (table 1); ``A on A``, ``A on B``, ``B on A`` and ``B on B``, trained on the first and
        validated on the second (table 2); ``samples``, ``rank`` and ``probability`` (tables 3 and 4).
    bias : str
        As `biases` names it.

    Returns
    -------
    float
        NaN where the paper gives none.

    """
    return _cells().get((number, class_id, bias, row), math.nan)


def classes(number: int) -> list[str]:
    """Classes of a table, in its order.

    Parameters
    ----------
    number : int
        Of the table.

    Returns
    -------
    list of str
        WordNet ids, each once.

    """
    return list(dict.fromkeys(class_id for table, class_id, *_ in _cells() if table == number))


def biases(number: int, class_id: str) -> list[str]:
    """Artefacts that a table measures of a class, in its order.

    Parameters
    ----------
    number : int
        Of the table.
    class_id : str
        WordNet id of the class.

    Returns
    -------
    list of str
        As the paper names them, ``rounded corners``; empty where the table lacks the class.

    """
    own = (bias for table, known, bias, _ in _cells() if (table, known) == (number, class_id))
    return list(dict.fromkeys(own))


def bias_of(number: int, class_id: str, artefact: str) -> str:
    """Find the artefact of the paper that an accepted artefact is named after.

    The name of an accepted artefact may go on: ``rounded_corners_vgg19`` is ``rounded corners`` as well,
    since each network has rows of its own.

    Parameters
    ----------
    number : int
        Of the table.
    class_id : str
        WordNet id of its class.
    artefact : str
        Its name in the table of accepted artefacts.

    Returns
    -------
    str
        One of `biases`, or empty.

    """
    return next((bias for bias in biases(number, class_id) if is_named(artefact, bias)), "")


def is_named(artefact: str, bias: str) -> bool:
    """Tell whether an artefact is named after one of the paper.

    Parameters
    ----------
    artefact : str
        Its name in the table of accepted artefacts.
    bias : str
        The first words of what the paper calls its own, ``jigsaw pattern``.

    Returns
    -------
    bool
        Whether the name begins with these words.

    """
    words = re.sub(r"_+", " ", artefact.lower()).strip()
    return f"{words} ".startswith(f"{bias} ")


def place(class_id: str, bias: str) -> int:
    """Find the place of an artefact in the order of tables 2 to 4.

    Parameters
    ----------
    class_id : str
        WordNet id of its class.
    bias : str
        See `bias_of`.

    Returns
    -------
    int
        Those that the paper does not measure come last.

    """
    known = list(dict.fromkeys(key[1:3] for key in _cells() if key[2]))
    return known.index((class_id, bias)) if (class_id, bias) in known else len(known)


@cache
def _cells() -> dict[tuple[int, str, str, str], float]:
    """Value by table, class, bias and row, in the order of the paper."""
    with PAPER.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {
        (int(line["table"]), line["class"], line["bias"], line["row"]): float(line["value"])
        for line in rows
    }
