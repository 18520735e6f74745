"""Class data: what the explorer shows of one class, as a script and a picture of its images."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans.detection.indicators import INDICATORS
from unhans.errors import InputError
from unhans.images.attributes import NONE, ImageAttributes
from unhans.images.dataset import ClassDataset, Row
from unhans.io.store import Result
from unhans.reporting import standing
from unhans.reporting.explained import ExplainedClass
from unhans.reporting.explorer import analyses, encoding, relevance, thumbnails
from unhans.reporting.explorer.relevance import Small
from unhans.reporting.explorer.thumbnails import TileSheet
from unhans.reporting.group_attributes import is_scale, numbers
from unhans.types import Array

CALL = "unhans.addClass"
"""Function of the page that the script of a class calls."""

PER_CLASS = ("corpus", "attribution", "group_search")
"""Stages of a class that no analysis enters."""


class ClassData(NamedTuple):
    """What the store keeps of a class for the explorer; see `from_result`.

    Parameters
    ----------
    arrays : dict of str to ndarray
        ``script`` and ``sheet``, bytes of files; ``heatmap`` (n, h, w), see `relevance.Small`;
        ``members`` (i, n), the clearest group of each indicator; and ``image`` (n,), rows of the class.
    notes : dict
        ``n``, ``indicators`` (one a row of ``members``), and ``height``, ``width``, ``across`` and
        ``ending`` of the sheet.

    """

    arrays: dict[str, Array]
    notes: dict[str, Any]


def collect(
    results: Mapping[str, Result],
    class_id: str,
    *,
    root: Path | None,
    thumbnail: int,
    attributes: ImageAttributes = NONE,
) -> ClassData:
    """Collect what is shown of a class.

    Parameters
    ----------
    results : mapping of str to Result
        ``corpus``, ``attribution``, ``group_search``; ``record`` of the network; and those that
        `analyses.describe` takes.
    class_id : str
        Id of the class.
    root : Path or None
        Folder of the image files; None for digits.
    thumbnail : int
        Most pixels along a side of an image.
    attributes : ImageAttributes
        What else is known of the images.

    Returns
    -------
    ClassData

    Raises
    ------
    InputError
        The class was set aside, or holds no image that was explained.
    StoreError
        An image is gone, or has changed since it was listed.

    """
    own = ExplainedClass({name: results[name] for name in PER_CLASS}, results["record"], root)
    heatmaps = own["attribution"]["heatmap"]
    if not len(heatmaps):
        raise InputError(f"class {class_id} holds no image that was explained")
    small = relevance.shrink(heatmaps)
    images = own.images
    sheet = thumbnails.draw((images[at] for at in range(len(images))), len(images), thumbnail)
    listed = ClassDataset(results["corpus"], root).rows
    value = {
        "id": class_id,
        "n": len(heatmaps),
        **_pictures(sheet, small),
        **_columns([listed[row] for row in own["attribution"]["image"]], own, attributes),
        **_groups(own["group_search"]),
        "analyses": analyses.describe(results),
    }
    arrays, notes = _kept(encoding.script(CALL, value), sheet, small, own["group_search"])
    return ClassData({**arrays, "image": own["attribution"]["image"]}, notes)


def from_result(result: Result) -> tuple[bytes, TileSheet, NDArray[np.int8]]:
    """Read what the store keeps of a class.

    Parameters
    ----------
    result : Result
        Of the stage explorer_class.

    Returns
    -------
    script : bytes
        That the page loads.
    sheet : TileSheet
        All images.
    heatmaps : ndarray of int8, shape (n, h, w)
        See `relevance.Small`.

    """
    kept = result.attributes
    height, width, across = (int(kept[name]) for name in ("height", "width", "across"))
    sheet = TileSheet(result["sheet"].tobytes(), height, width, across, str(kept["ending"]))
    return result["script"].tobytes(), sheet, result["heatmap"]


def members_of(result: Result, indicator: str) -> NDArray[np.bool_]:
    """Select the clearest group of an indicator.

    Parameters
    ----------
    result : Result
        Of the stage explorer_class.
    indicator : str
        Its name.

    Returns
    -------
    ndarray of bool, shape (n,)

    """
    return groups_of(result)[indicator]


def groups_of(result: Result) -> dict[str, NDArray[np.bool_]]:
    """Select the clearest group of each indicator.

    Parameters
    ----------
    result : Result
        Of the stage explorer_class.

    Returns
    -------
    dict of str to ndarray of bool, shape (n,)

    """
    members = np.asarray(result["members"])
    return dict(zip(result.attributes["indicators"], members, strict=True))


def _kept(script: bytes, sheet: TileSheet, small: Small, groups: Result) -> ClassData:
    indicators = _indicators(groups)
    members = [groups[f"{name}_members"][0] for name in indicators]
    arrays = {
        "script": np.frombuffer(script, np.uint8),
        "sheet": np.frombuffer(sheet.data, np.uint8),
        "heatmap": small.values,
        "members": np.array(members, dtype=bool).reshape(len(members), len(small.values)),
    }
    size = {"height": sheet.height, "width": sheet.width, "across": sheet.across}
    notes = {"n": len(small.values), "indicators": indicators, **size, "ending": sheet.ending}
    return ClassData(arrays, notes)


def _pictures(sheet: TileSheet, small: Small) -> dict[str, Any]:
    """Describe the sheet of images, and write the heatmaps."""
    values, largest = encoding.packed(small.values, "i1"), encoding.packed(small.largest, "f4")
    size = {"height": sheet.height, "width": sheet.width, "across": sheet.across}
    return {
        "sheet": {**size, "ending": sheet.ending, "sharp": sheet.sharp},
        "heatmaps": {"values": values, "largest": largest},
    }


def _columns(
    rows: Sequence[Row], own: ExplainedClass, attributes: ImageAttributes
) -> dict[str, Any]:
    """Columns of the manifest and of the explanation, one value an image.

    A column of the manifest whose values all differ names the images; others divide them. An attribute
    of numbers is shown as such, but for a few different ones.
    """
    attribution = own["attribution"]
    table = pd.DataFrame(rows, columns=list(Row._fields))
    divided = {
        "prediction": own.predictions,
        "correct": ["yes" if rank == 1 else "no" for rank in attribution["rank"]],
        "split": list(table["split"]),
    }
    for name in ("artefact", "remark"):
        if table[name].any():
            divided[name] = [value or "none" for value in table[name]]
    counted = {}
    for name, values in attributes.of(table["path"]).items():
        found = numbers(values)
        if found is not None and is_scale(found):
            counted[name] = encoding.packed(found, "f4")
        else:
            divided[name] = [value or "unknown" for value in values]
    return {
        "image": list(table["image"]),
        "path": list(table["path"]),
        "categories": {name: encoding.categories(values) for name, values in divided.items()},
        "numbers": {
            "logit": encoding.packed(attribution["logit"], "f4"),
            "rank": encoding.packed(attribution["rank"].astype(np.float64), "f4"),
            **counted,
        },
    }


def _indicators(result: Result) -> list[str]:
    return [name for name in INDICATORS if f"{name}_members" in result.arrays]


def _groups(result: Result) -> dict[str, Any]:
    """Groups of each indicator, and how clearly each image is of the first one."""
    groups, scores = [], {}
    for name in _indicators(result):
        gaps, members = result[f"{name}_gap"], result[f"{name}_members"]
        clear = standing.groups(result, name)
        groups += [_group(name, at, gaps[at], members[at]) for at in clear]
        scores[name] = encoding.packed(result[f"{name}_score"][0], "f4")
    return {"groups": groups, "scores": scores}


def _group(indicator: str, number: int, gap: float, members: NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "indicator": indicator,
        "number": number,
        "gap": gap,
        "note": INDICATORS[indicator].looks_for,
        "images": members.sum(),
        "members": encoding.flags(members),
    }
