"""Snapshots: what a network looks at in the same images while it is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.types import Array, Heatmaps


@dataclass(frozen=True, eq=False)
class Samples:
    """Held-out images with the artefact, the same in each snapshot; those of its class come first.

    Parameters
    ----------
    inputs : ndarray of float32, shape (n, c, h, w)
        As the network takes them.
    pictures : ndarray, shape (n, h, w) or (n, h, w, 3)
        As people see them, from 0 to 1.
    label : ndarray of int, shape (n,)
        Index of the class of each.
    target : int
        Index of the artefact's class, which is explained.
    area : float
        Fraction of an image's pixels that lie in the artefact's mask.

    """

    inputs: NDArray[np.float32]
    pictures: Array
    label: NDArray[np.int64]
    target: int
    area: float


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a network looks at in the samples after an epoch on a subset, for the artefact's class.

    Parameters
    ----------
    subset : str
        A, B or R.
    epoch : int
        0 for the network as it was.
    heatmap : ndarray of float32, shape (n, h, w)
        Relevance of the samples.
    probability : ndarray of float64, shape (n,)
        Of the artefact's class.

    """

    subset: str
    epoch: int
    heatmap: Heatmaps
    probability: NDArray[np.float64]


def arrays(samples: Samples, snapshots: Sequence[Snapshot]) -> dict[str, Array]:
    """Arrays that the pictures are drawn from.

    Parameters
    ----------
    samples : Samples
        Images to show.
    snapshots : sequence of Snapshot
        Of these images.

    Returns
    -------
    dict of str to ndarray
        ``picture`` (n, h, w) or (n, h, w, 3) uint8 and ``label`` (n,) of the images; ``epoch`` (s,),
        ``heatmap`` (s, n, h, w) and ``probability`` (s, n) of the snapshots.

    """
    return {
        "picture": np.round(255 * samples.pictures.astype(np.float64)).astype(np.uint8),
        "label": samples.label,
        "epoch": np.array([one.epoch for one in snapshots], dtype=np.int64),
        "heatmap": np.stack([one.heatmap for one in snapshots]),
        "probability": np.stack([one.probability for one in snapshots]),
    }


def notes(samples: Samples, snapshots: Sequence[Snapshot]) -> dict[str, Any]:
    """Attributes that the pictures are drawn from.

    Parameters
    ----------
    samples : Samples
        Images to show.
    snapshots : sequence of Snapshot
        Of these images.

    Returns
    -------
    dict of str to JSON values
        ``subsets``, one a snapshot; ``target``, index of the artefact's class; ``area``, the fraction
        of an image's pixels that lie in the mask.

    """
    subsets = [one.subset for one in snapshots]
    return {"subsets": subsets, "target": int(samples.target), "area": samples.area}
