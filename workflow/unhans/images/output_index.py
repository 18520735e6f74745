"""Output index: the output of the network that each class of a table stands for."""

import re
from collections.abc import Mapping, Sequence

from unhans.errors import ConfigError, printed
from unhans.images import spelling

INTEGER = re.compile(r"-?\d{1,300}(\.0+)?", re.ASCII)
"""An integer, also as a program writes it that keeps numbers as floats."""

MOST = 1_000_000
"""Largest index: no classifier has more outputs, and a name is kept for each."""


def of_rows(rows: Sequence[tuple[int, Mapping[str, str]]], where: str) -> dict[str, int]:
    """Read the index of each class of a table, each its own.

    Parameters
    ----------
    rows : sequence of (int, mapping of str to str)
        Line and cells, with ``class`` and ``index``.
    where : str
        Key and file, for messages.

    Returns
    -------
    dict of str to int
        By label as `spelling.plain` writes it.

    Raises
    ------
    ConfigError
        An index is no integer from 0 to `MOST`, a class has two of them, or two classes one.

    """
    found: dict[str, int] = {}
    lines: dict[str, int] = {}
    for line, row in rows:
        label, text = spelling.plain(row["class"]).strip(), row["index"]
        index = _of_text(text, f"{where}: the index of '{printed(label[:80])}' is", line)
        if found.setdefault(label, index) != index:
            raise ConfigError(
                f"{where}: '{printed(label)}' has the index {found[label]} in row {lines[label]} and "
                f"{index} in row {line}; expected one index for each class"
            )
        lines.setdefault(label, line)
    classes = {index: label for label, index in reversed(found.items())}
    for label, index in found.items():
        if classes[index] != label:
            raise ConfigError(
                f"{where}: two classes have the same index {index}: '{printed(classes[index])}' (row "
                f"{lines[classes[index]]}) and '{printed(label)}' (row {lines[label]}); expected one "
                "class each"
            )
    return found


def _of_text(text: str, what: str, line: int) -> int:
    if not INTEGER.fullmatch(text) or text.startswith("-"):
        raise ConfigError(f"{what} not an integer from 0 on (row {line}: '{printed(text[:80])}')")
    index = int(text.partition(".")[0])
    if index > MOST:
        raise ConfigError(
            f"{what} {text[:80]} (row {line}); expected 0 to {MOST:,}, a network's output"
        )
    return index
