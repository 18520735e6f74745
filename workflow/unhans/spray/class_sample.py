"""Class sample: maps of a few images of several classes, which say what other classes show."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.io.store import Result
from unhans.types import Array


class Sample(NamedTuple):
    """Maps of some images.

    Parameters
    ----------
    maps : ndarray of float32, shape (m, h, w)
        Of the images.
    row : ndarray of int64, shape (m,)
        Row of each image in the result of its class.
    origin : ndarray of int64, shape (m,)
        Place of its class among ``classes``.
    classes : list of str
        Classes that could be drawn from.

    """

    maps: Array
    row: NDArray[np.int64]
    origin: NDArray[np.int64]
    classes: list[str]


def draw(results: Mapping[str, Result], *, images: int, seed: int) -> Sample:
    """Draw images, about as many of each class.

    Parameters
    ----------
    results : mapping of str to Result
        Maps of the classes to draw from, by class; those that were set aside are left out.
    images : int
        Most images to draw; at least one of each class is.
    seed : int
        Of the draw.

    Returns
    -------
    Sample
        Without images where all classes were set aside.

    """
    random = np.random.default_rng([seed, 3])
    drawn = [name for name, result in results.items() if result.attributes["status"] == "ok"]
    each = max(1, images // max(1, len(drawn)))
    maps, rows, origins = [], [], []
    for place, name in enumerate(drawn):
        found = results[name]["heatmap"]
        some = np.sort(random.choice(len(found), min(each, len(found)), replace=False))
        maps.append(found[some])
        rows.append(some)
        origins.append(np.full(len(some), place))
    if not drawn:
        nothing = np.zeros(0, dtype=np.int64)
        return Sample(np.zeros((0, 1, 1), dtype=np.float32), nothing, nothing, [])
    return Sample(np.concatenate(maps), np.concatenate(rows), np.concatenate(origins), drawn)


def of_others(samples: Mapping[str, Result], class_id: str) -> dict[str, Any]:
    """Option of a metric that compares with other classes.

    Parameters
    ----------
    samples : mapping of str to Result
        A result of the stage class_sample by the role ``others``; empty for other metrics.
    class_id : str
        Class whose own images are left out.

    Returns
    -------
    dict
        ``others``: maps (m, h, w) of images of other classes; empty for other metrics.

    """
    return {
        role: result["heatmap"][_is_other(result, class_id)] for role, result in samples.items()
    }


def _is_other(result: Result, class_id: str) -> NDArray[np.bool_]:
    classes = np.array([*result.attributes["classes"], ""])
    other: NDArray[np.bool_] = classes[result["origin"]] != class_id
    return other
