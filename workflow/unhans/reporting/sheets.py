"""Sheets: the images of each group and cluster that stands out, as contact sheets with a page."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import quote

import pandas as pd

from unhans.detection.indicators import INDICATORS
from unhans.reporting import html_table
from unhans.reporting.explained import ExplainedClass
from unhans.reporting.export.explanations import Explanation
from unhans.reporting.figures import style
from unhans.reporting.figures.contact_sheet import Tile, contact_sheet
from unhans.reporting.standing import OTHERS

PAGE = 60
"""Images of a sheet at most."""

MOST = 5
"""Sheets of a group at most; the table of groups lists all its images."""

POINT = ["corpus", "model", "composite"]

GROUP = [*POINT, "class", "source", "group"]
"""Columns that name a group."""

TEMPLATE = "sheets.html.j2"


class DrawnGroup(NamedTuple):
    """A group as the page lists it.

    Parameters
    ----------
    title : str
        What it is, in words.
    row : str
        How the table of accepted artefacts names it; empty where it cannot.
    pages : list of str
        Addresses of its sheets.
    images, shown : int
        Number of its images, and of those on sheets.

    """

    title: str
    row: str
    pages: list[str]
    images: int
    shown: int


def files(listed: pd.DataFrame, explained: Iterable[Explanation]) -> Iterator[tuple[str, bytes]]:
    """Make the sheets, one after the other, and last the page that lists them.

    Parameters
    ----------
    listed : DataFrame
        From `group_list.collect`.
    explained : iterable of Explanation
        With results of the stages corpus and attribution.

    Yields
    ------
    path : str
        Within the folder: ``<corpus>/<model>/<composite>/<class>/<indicator>/<group>-<page>.png``; of a
        cluster its analysis in place of the indicator.
    content : bytes

    """
    drawn: list[DrawnGroup] = []
    for own in explained:
        rows = listed
        for name, value in zip(POINT, own.fields, strict=True):
            rows = rows[rows[name] == value]
        for class_id, of_class in rows.groupby("class", sort=False):
            found = own[str(class_id)]
            for _, group in of_class.groupby(["source", "group"], sort=False):
                shown = group.head(PAGE * MOST)
                pages = range(-(-len(shown) // PAGE))
                start = place_of(group.iloc[0].to_dict())
                names = [f"{start}-{page + 1}.png" for page in pages]
                for page, name in zip(pages, names, strict=True):
                    yield name, _sheet(found, group, page)
                first, links = group.iloc[0].to_dict(), [quote(name) for name in names]
                counts = len(group), len(shown)
                drawn.append(DrawnGroup(describe(first), row_of(first), links, *counts))
    page = html_table.template_of(TEMPLATE).render(groups=drawn)
    yield "index.html", page.encode("utf-8", "replace")


def place_of(row: Mapping[Any, Any]) -> str:
    """Path of the sheets of a group, without the number of the page.

    Parameters
    ----------
    row : mapping
        Of the group, from the table of groups.

    Returns
    -------
    str
        Of the names of folders of the results, and ``1``, ``others`` or ``k8-cluster2``.
    """
    group = str(row["group"]).replace("=", "").replace(" ", "-")
    folders = [str(row[name]) for name in (*POINT, "class", "source")]
    return str(PurePosixPath(*folders, group))


def describe(row: Mapping[Any, Any]) -> str:
    """Say in words which group it is.

    Parameters
    ----------
    row : mapping
        Of the group, from the table of groups.

    Returns
    -------
    str

    """
    where = f"class {row['name']}"
    if str(row["name"]) != str(row["class"]):
        where += f" ({row['class']})"
    point = ", ".join(str(row[name]) for name in POINT)
    if row["source"] not in INDICATORS:
        own = f"k={row['k']} cluster={row['cluster']} of analysis {row['source']}"
        return f"{where}, {own}; {point}"
    looks_for = INDICATORS[row["source"]].looks_for
    if row["group"] == OTHERS:
        return f"{where}, without indicator {row['source']} ({looks_for}); {point}"
    return f"{where}, group {row['group']} by indicator {row['source']} ({looks_for}); {point}"


def row_of(row: Mapping[Any, Any]) -> str:
    """Name a group as the table of accepted artefacts does.

    Parameters
    ----------
    row : mapping
        Of the group, from the table of groups.

    Returns
    -------
    str
        ``indicator=grouped``, or ``analysis=... k=8 cluster=2``; empty where it cannot be named.

    """
    if row["analysis"]:
        return f"analysis={row['analysis']} k={row['k']} cluster={row['cluster']}"
    return f"indicator={row['indicator']}" if row["indicator"] else ""


def _sheet(found: ExplainedClass, group: pd.DataFrame, page: int) -> bytes:
    attribution = found["attribution"]
    place = {int(row): at for at, row in enumerate(attribution["image"])}
    first, last = page * PAGE, min((page + 1) * PAGE, len(group))
    tiles = [_tile(row, place) for row in group.iloc[first:last].to_dict("records")]
    shown = "" if len(group) <= PAGE else f", {first + 1} to {last} by falling score"
    if len(group) > PAGE * MOST:
        shown += f" (the first {PAGE * MOST} are drawn)"
    title = f"{len(group)} images{shown}: {describe(group.iloc[0].to_dict())}"
    sheet = contact_sheet(tiles, found.images, attribution["heatmap"], title)
    return style.as_png(sheet)


def _tile(row: Mapping[Any, Any], place: Mapping[int, int]) -> Tile:
    wrong = row["rank"] != 1
    taken = f", taken for {row['prediction']}" if wrong else ""
    return Tile(
        place[int(row["row"])], (str(row["image"]), f"score {row['score']:.3g}{taken}"), wrong
    )
