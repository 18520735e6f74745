"""Concepts: what a network sees at hidden layers in the images of a class and of others."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError, StoreError
from unhans.io.store import Result
from unhans.types import Array

DEPTHS = 2
"""Layers whose relevance is looked at: in deeper ones tints and textures are hardly seen any more."""


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
    relevance : tuple of ndarray of float, each of shape (n, channels)
        Of each channel, summed over positions, of the first `DEPTHS` layers that are kept.
    other_activation : ndarray of float, shape (m, k, c)
        Of images of other classes.
    other_relevance : tuple of ndarray of float, each of shape (m, channels)
        Of the same.
    other_class : ndarray of int, shape (m,)
        Number of the class of each.

    """

    activation: Array
    position: NDArray[np.int32]
    size: tuple[int, int]
    relevance: tuple[Array, ...]
    other_activation: Array
    other_relevance: tuple[Array, ...]
    other_class: NDArray[np.int64]


class Sample(NamedTuple):
    """What was kept for some images of several classes.

    Parameters
    ----------
    activation : ndarray, shape (m, k, c)
        As of `Concepts`.
    relevance : dict of str to ndarray
        As of `Concepts`, by the name of the array.
    row : ndarray of int64, shape (m,)
        Row of each image in the result of its class.
    origin : ndarray of int64, shape (m,)
        Place of its class among ``classes``.
    classes : list of str
        Classes that could be drawn from.

    """

    activation: Array
    relevance: dict[str, Array]
    row: NDArray[np.int64]
    origin: NDArray[np.int64]
    classes: list[str]


def require(concepts: Concepts) -> Concepts:
    """Refuse concepts whose arrays do not fit each other, or hold what is not finite.

    Parameters
    ----------
    concepts : Concepts
        Of a class.

    Returns
    -------
    Concepts
        The same.

    Raises
    ------
    InputError
        Arrays have other shapes than `Concepts` says, there is no other image or no layer, or a value
        is not finite.

    """
    own, others = concepts.activation, concepts.other_activation
    shapes = [np.shape(one) for one in (own, others)]
    if not all(len(shape) == 3 and shape[0] and shape[1] for shape in shapes):
        raise InputError(
            f"activations have shapes {shapes}; expected (images, positions, channels)"
        )
    given = [own[0, 0], *(one[0] for one in concepts.relevance if np.ndim(one) == 2 and len(one))]
    rows = [(own.shape[0], concepts.relevance), (others.shape[0], concepts.other_relevance)]
    found = [[np.shape(one) for one in layers] for _, layers in rows]
    wanted = [[(n, len(one)) for one in given[1:]] for n, _ in rows]
    fits = len(given) > 1 and found == wanted and others.shape[2] == len(given[0])
    places = (np.shape(concepts.position), np.shape(concepts.other_class))
    if not fits or places != (own.shape[:2], others.shape[:1]):
        raise InputError(
            f"concepts of shapes {shapes}, relevance {found}, places {places}; expected as many images "
            "and channels in each, and one layer at least"
        )
    arrays = (own, others, *concepts.relevance, *concepts.other_relevance)
    if not all(np.isfinite(one).all() for one in arrays):
        raise InputError("concepts hold NaN or infinite values; expected finite ones")
    return concepts


def of_class(kept: Mapping[str, Result], class_id: str, images: Array) -> Concepts | None:
    """Take what was kept for a class, and of the sample what is of other classes.

    Parameters
    ----------
    kept : mapping of str to Result
        Results of the stages ``concepts``, of the class, and ``concept_sample``; empty where no layers
        were kept.
    class_id : str
        The class.
    images : ndarray of int, shape (n,)
        Rows of the images whose heatmaps are looked at.

    Returns
    -------
    Concepts or None
        None where no layers were kept, or the sample has no image of another class.

    Raises
    ------
    StoreError
        The layers were kept for other images than the heatmaps.

    """
    if not kept:
        return None
    own, sample = kept["concepts"], kept["concept_sample"]
    layers = own.attributes["layers"]
    if layers and not np.array_equal(own["image"], images):
        raise StoreError(
            f"{own.path}: its images are not those of the heatmaps; expected the same ones in the same "
            "order. Delete it, and it is made again"
        )
    classes = np.array([*sample.attributes["classes"], ""])
    other = classes[sample["origin"]] != class_id
    if not layers or not other.any():
        return None
    rows, columns = layers[0]["size"]
    return Concepts(
        activation=own["activation_0"],
        position=own["position_0"],
        size=(rows, columns),
        relevance=tuple(own[name] for name in _looked_at(own)),
        other_activation=sample["activation"][other],
        other_relevance=tuple(sample[name][other] for name in _looked_at(own)),
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
    names = ["activation_0", *(_looked_at(next(iter(kept.values()))) if kept else [])]
    parts: dict[str, list[Array]] = {name: [] for name in names}
    rows = [np.zeros(0, dtype=np.int64)]
    for result in kept.values():
        n = len(result["relevance_0"])
        rows.append(np.sort(random.choice(n, min(each, n), replace=False)))
        for name in names:
            parts[name].append(result[name][rows[-1]])
    drawn = {
        name: np.concatenate(one) if one else np.zeros((0, 1, 1)) for name, one in parts.items()
    }
    origin = np.repeat(np.arange(len(kept)), [len(row) for row in rows[1:]])
    return Sample(drawn.pop("activation_0"), drawn, np.concatenate(rows), origin, list(kept))


def _looked_at(result: Result) -> list[str]:
    """Names of the arrays of relevance of the first layers that are kept."""
    return [f"relevance_{number}" for number in range(len(result.attributes["layers"]))][:DEPTHS]
