"""FiftyOne: the images of a run as datasets that FiftyOne imports (``fiftyone.types.FiftyOneDataset``).

Of each corpus, network and composite one folder: the images as the network is given them, their heatmaps,
and JSON files. Paths in them are relative, so that the folder may be moved. The JSON is that of the
format without a version, which FiftyOne takes since it exists and which needs none of its internals.
"""

import io
import json
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from unhans.reporting.explained import ExplainedClass
from unhans.reporting.export import issues
from unhans.reporting.export.explanations import Explanation
from unhans.types import Array

ISSUE = "artefact"
"""Tag of images that bear what a flagged group shares."""

QUALITY = 90
"""Of JPEG, which photographs are written as; digits are PNG."""

HEATMAPS = PurePosixPath("fields", "heatmap")
"""Folder that FiftyOne looks for the pictures of the field ``heatmap`` in."""


def files(explained: Iterable[Explanation], table: pd.DataFrame) -> Iterator[tuple[str, bytes]]:
    """Make the files of all datasets, ``samples.json`` of each the last.

    Parameters
    ----------
    explained : iterable of Explanation
        From `explanations.explanations`.
    table : DataFrame
        From `issues.tabulate`.

    Yields
    ------
    path : str
        Within the folder of the export.
    content : bytes

    """
    for explanation in explained:
        folder = PurePosixPath(*explanation.fields)
        samples: list[dict[str, Any]] = []
        rows = table[
            (table["corpus"] == explanation.fields[0])
            & (table["model"] == explanation.fields[1])
            & (table["composite"] == explanation.fields[2])
        ]
        for class_id in explanation:
            own = explanation[class_id]
            places = np.flatnonzero(rows["class"].astype(str) == class_id)
            listed = rows.iloc[issues.rows_of(places, own["attribution"], class_id)]
            for name, content, sample in _samples(own, listed, class_id):
                yield str(folder / name), content[0]
                yield str(folder / sample["heatmap"]["map_path"]), content[1]
                samples.append(sample)
        names = ", ".join(explanation.fields)
        yield str(folder / "metadata.json"), _json({"name": names, "media_type": "image"})
        yield str(folder / "samples.json"), _json({"samples": samples})


def _samples(
    own: ExplainedClass, listed: pd.DataFrame, class_id: str
) -> Iterator[tuple[str, tuple[bytes, bytes], dict[str, Any]]]:
    """Path of each image of a class, its content and that of its heatmap, and what is said of it."""
    attribution, images, predictions = own["attribution"], own.images, own.predictions
    ending = ".png" if own.root is None else ".jpg"
    for at, row in enumerate(listed.to_dict("records")):
        place = f"{class_id}/{int(attribution['image'][at]):06d}"
        sample = {
            "filepath": f"data/{place}{ending}",
            "tags": [
                row["split"],
                *([ISSUE, row["indicator"]] if row["is_artefact_issue"] else []),
            ],
            "metadata": None,
            "ground_truth": {"_cls": "Classification", "label": row["name"]},
            "prediction": {"_cls": "Classification", "label": predictions[at]},
            "heatmap": {"_cls": "Heatmap", "map_path": f"{HEATMAPS}/{place}.png"},
            "class_id": class_id,
            "image": row["image"],
            "path": row["path"],
            "rank": int(attribution["rank"][at]),
            "logit": float(attribution["logit"][at]),
            "is_artefact_issue": bool(row["is_artefact_issue"]),
            "artefact_score": float(row["artefact_score"]),
        }
        pictures = _picture(images[at], ending), _picture(shade(attribution["heatmap"][at]), ".png")
        yield sample["filepath"], pictures, sample


def shade(heatmap: Array) -> NDArray[np.uint8]:
    """Turn a heatmap into a picture whose zeros FiftyOne leaves clear.

    Parameters
    ----------
    heatmap : ndarray of float, shape (h, w)

    Returns
    -------
    ndarray of uint8, shape (h, w)
        Relevance for the class in steps of 1 / 255 of the largest; 0 where it is against the class.

    """
    positive = np.maximum(heatmap, 0)
    largest = positive.max()
    if not largest > 0:
        return np.zeros(heatmap.shape, np.uint8)
    return np.asarray(np.rint(positive / largest * 255), dtype=np.uint8)


def _picture(image: NDArray[np.uint8], ending: str) -> bytes:
    file = io.BytesIO()
    if ending == ".png":
        Image.fromarray(image).save(file, "PNG")
    else:
        Image.fromarray(image).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _json(value: Any) -> bytes:
    return (json.dumps(value, allow_nan=False, indent=1) + "\n").encode("ascii")
