"""Report page: the findings of a run as the first page of Snakemake's report.

The page is a template of reStructuredText, ``workflow/report/workflow.rst``. Here its parts are written,
with names of classes that are no markup.
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from unhans.errors import printed

MOST = 8
"""Findings of a network, shortcuts and classes of highest tau that the page lists."""

PICTURES = 2
"""Pictures of findings of a network."""

LINE = 5_000
"""Characters of a line; reStructuredText refuses lines of more than 10,000."""


def parts(
    overview: Mapping[str, Any], folder_of: Callable[[Mapping[str, Any]], Path]
) -> list[dict[str, Any]]:
    """Write the parts of the page, one for each corpus, network and composite.

    Parameters
    ----------
    overview : mapping
        From `explorer.overview.collect`.
    folder_of : callable
        From a set of the overview to the folder of the pictures of its findings.

    Returns
    -------
    list of dict
        ``title``; ``network``, its accuracy; ``flagged``, ``shortcuts`` (with classes that their
        surroundings alone tell) and ``ranking``, sentences;
        ``more`` and ``more_shortcuts``, how many are not listed; ``tested``, classes that were searched;
        ``clearest``, what comes nearest where no class is flagged; ``shortcuts_sought``; ``looked``, what
        was looked for; ``pictures``, addresses that hold them. All texts may stand in reStructuredText.
    """
    return [_part(one, overview["analyses"], folder_of(one)) for one in overview["sets"]]


def plain(text: str) -> str:
    """Write a text so that reStructuredText shows it as it is.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        On one line, with a backslash before whatever may be markup.
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(printed(text).split()))


def _part(
    one: Mapping[str, Any], analyses: Sequence[Mapping[str, Any]], folder: Path
) -> dict[str, Any]:
    found = one["findings"]
    flagged = [row for row in found if row["flagged"]]
    covering = [*(one["shortcuts"] or []), *one["surroundings"]]
    shortcuts = [row["sentence"] for row in covering]
    names = [one[name] for name in ("corpus", "model", "composite")]
    own = [
        row for row in analyses if [row[key] for key in ("corpus", "model", "composite")] == names
    ]
    return {
        "title": plain(", ".join(names)),
        "network": plain(one["network"]),
        "flagged": [plain(row["finding"]) for row in flagged[:MOST]],
        "more": max(0, len(flagged) - MOST),
        "tested": sum(row["status"] == "ok" for row in found),
        "clearest": [] if flagged else [plain(row["finding"]) for row in found[:1]],
        "shortcuts": [plain(sentence) for sentence in shortcuts[:MOST]],
        "more_shortcuts": max(0, len(shortcuts) - MOST),
        "shortcuts_sought": one["shortcuts"] is not None,
        "ranking": [plain(line) for line in map(_highest, own) if line],
        "looked": [plain(note) for note in one["notes"]],
        "pictures": _pictures(flagged, folder),
    }


def _highest(analysis: Mapping[str, Any], most: int = 3) -> str:
    """Name the classes of highest tau of an analysis."""
    columns = analysis["columns"]
    rows = zip(*(columns[key] for key in ("name", "tau", "rank")), strict=True)
    ranked = sorted((rank, name, tau) for name, tau, rank in rows if rank is not None)
    shown = ", ".join(f"{name} ({tau:.3g})" for _, name, tau in ranked[:most])
    return f"{analysis['path']}: {shown}" if shown else ""


def _pictures(flagged: Sequence[Mapping[str, Any]], folder: Path) -> list[str]:
    found = []
    for row in flagged:
        name = f"*_{row['class']}-{row['indicator']}.png"
        found += sorted(path for path in folder.glob("*.png") if path.match(name))
    return [_address(path.read_bytes()) for path in found[:PICTURES]]


def _address(picture: bytes) -> str:
    """Address that holds a picture, in lines that reStructuredText takes."""
    text = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    return "\n   ".join(text[place : place + LINE] for place in range(0, len(text), LINE))
