"""Shown images: what the page of a class shows of its features, and of its images by spuriosity."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.features import class_features
from unhans.features.answers import SPURIOUS
from unhans.features.feature_maps import FeatureMaps
from unhans.features.pixels import Pixels, attacked
from unhans.features.spuriosity import spuriosity
from unhans.io.store import Result

SHOWN = 5
"""Images at each end of a feature."""


def ranked(stored: Result, found: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
    """Rank the images of a class by its spurious features: the mean of their z-scores.

    Parameters
    ----------
    stored : Result
        Of the stage ``neurons``.
    found : sequence of dict
        From `sensitivity.measure`.

    Returns
    -------
    ndarray of float64, shape (n,)
        High where spurious features are strong; NaN where no feature is spurious. See
        `spuriosity.spuriosity`.
    """
    own = [place for place, row in enumerate(found) if row["label"] in SPURIOUS]
    strength = class_features.values(stored.arrays).T
    if not own:
        return np.full(len(strength), np.nan)
    return spuriosity(strength, np.array(own))


def shown_masks(maps: FeatureMaps, count: int = SHOWN) -> dict[str, NDArray[Any]]:
    """Give the masks of the images that show each feature most and least, as a page shows them.

    Parameters
    ----------
    maps : FeatureMaps
        Of the class.
    count : int
        Images at each end.

    Returns
    -------
    dict of str to ndarray
        ``mask_feature``, ``mask_image``: place of the feature and row of the stored arrays, of shape
        (m,); ``mask``, float16 of shape (m, k, l). m is 0 where the last map is used.
    """
    places, rows, found = [], [], []
    for place in range(len(class_features.names(maps.stored.arrays)) if maps.layer else 0):
        at = np.concatenate(class_features.shown(maps.stored.arrays, place, count))
        places += [place] * len(at)
        rows += at.tolist()
        found.append(maps.maps(place, at))
    return {
        "mask_feature": np.asarray(places, dtype=np.int64),
        "mask_image": np.asarray(rows, dtype=np.int64),
        "mask": np.concatenate(found) if found else np.zeros((0, 1, 1), dtype=np.float16),
    }


def attacks(
    stored: Result, pixels: Pixels, steps: int
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Change, for each neuron, the image that shows it most, so that it shows it more.

    Parameters
    ----------
    stored : Result
        Of the stage ``neurons``.
    pixels : Pixels
        Images of the class, and the network.
    steps : int
        Of the gradient; 0: nothing is done.

    Returns
    -------
    at : ndarray of int64, shape (m,)
        Rows of the stored arrays.
    images : ndarray of uint8, shape (m, c, h, w)
        Changed; m is 0 without steps.
    """
    strength = class_features.values(stored.arrays)[: len(stored["neuron"])]
    members = np.flatnonzero(stored["member"])
    at = members[strength[:, members].argmax(axis=1)] if steps else members[:0]
    changed = np.zeros((0, 1, *pixels.size), dtype=np.float32)
    if len(at):
        changed = attacked(pixels, pixels.read(stored["image"][at]), stored["neuron"], steps)
    return at.astype(np.int64), np.rint(255 * changed).astype(np.uint8)
