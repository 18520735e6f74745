"""Concepts: what a network sees at hidden layers in the images of a class and of others."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.io.store import Result
from unhans.types import Array


class Concepts(NamedTuple):
    """What was kept of hidden layers for the images of a class, and for a sample of other classes.

    Parameters
    ----------
    activation : ndarray of float, shape (n, k, c)
        Of the first layer that is kept, at the k positions of each image that are most relevant there.
    position : ndarray of int, shape (n, k)
        These positions, row * columns + column.
    size : tuple of int
        Rows and columns of the layer's map.
    relevance : ndarray of float, shape (n, channels)
        Of each channel of the last layer that is kept, summed over positions.
    other_activation : ndarray of float, shape (m, k, c)
        Of images of other classes.
    other_relevance : ndarray of float, shape (m, channels)
        Of the same.
    other_class : ndarray of int, shape (m,)
        Number of the class of each.

    """

    activation: Array
    position: NDArray[np.int32]
    size: tuple[int, int]
    relevance: Array
    other_activation: Array
    other_relevance: Array
    other_class: NDArray[np.int64]


class Sample(NamedTuple):
    """What was kept for some images of several classes.

    Parameters
    ----------
    activation, relevance : ndarray
        As of `Concepts`.
    row : ndarray of int64, shape (m,)
        Row of each image in the result of its class.
    origin : ndarray of int64, shape (m,)
        Place of its class among ``classes``.
    classes : list of str
        Classes that could be drawn from.

    """

    activation: Array
    relevance: Array
    row: NDArray[np.int64]
    origin: NDArray[np.int64]
    classes: list[str]


def of_class(kept: Mapping[str, Result], class_id: str) -> Concepts | None:
    """Take what was kept for a class, and of the sample what is of other classes.

    Parameters
    ----------
    kept : mapping of str to Result
        Results of the stages ``concepts``, of the class, and ``concept_sample``; empty where no layers
        were kept.
    class_id : str
        The class.

    Returns
    -------
    Concepts or None
        None where no layers were kept, or the sample has no image of another class.

    """
    if not kept:
        return None
    own, sample = kept["concepts"], kept["concept_sample"]
    layers = own.attributes["layers"]
    classes = np.array([*sample.attributes["classes"], ""])
    other = classes[sample["origin"]] != class_id
    if not layers or not other.any():
        return None
    rows, columns = layers[0]["size"]
    return Concepts(
        activation=own["activation_0"],
        position=own["position_0"],
        size=(rows, columns),
        relevance=own[_last(own)],
        other_activation=sample["activation"][other],
        other_relevance=sample["relevance"][other],
        other_class=sample["origin"][other],
    )


def draw(results: Mapping[str, Result], *, images: int, seed: int) -> Sample:
    """Draw images of several classes, about as many of each.

    Parameters
    ----------
    results : mapping of str to Result
        Of the stage ``concepts``, by class; those that were set aside are left out.
    images : int
        Most images to draw; at least one of each class is.
    seed : int
        Of the draw.

    Returns
    -------
    Sample
        Without images where all classes were set aside or no layers were kept.

    """
    random = np.random.default_rng([seed, 4])
    kept = {
        name: result
        for name, result in results.items()
        if result.attributes["status"] == "ok" and result.attributes["layers"]
    }
    each = max(1, images // max(1, len(kept)))
    parts: list[tuple[Array, Array, Array, Array]] = []
    for place, result in enumerate(kept.values()):
        relevance = result[_last(result)]
        row = np.sort(random.choice(len(relevance), min(each, len(relevance)), replace=False))
        parts.append((result["activation_0"][row], relevance[row], row, np.full(len(row), place)))
    if not parts:
        nothing = np.zeros(0, dtype=np.int64)
        return Sample(np.zeros((0, 1, 1)), np.zeros((0, 1)), nothing, nothing, [])
    activation, relevance, rows, origin = (np.concatenate(one) for one in zip(*parts, strict=True))
    return Sample(activation, relevance, rows, origin, list(kept))


def _last(result: Result) -> str:
    """Name of the array of relevance of the last layer that is kept."""
    return f"relevance_{len(result.attributes['layers']) - 1}"
