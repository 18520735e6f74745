"""Positives: the images of a class that show an artefact: a group, a cluster, or a neural feature.

The other images of the class are what the artefact is isolated against.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray

from unhans.artefacts import appearance, isolation, pieces
from unhans.artefacts.accepted import Accepted
from unhans.artefacts.appearance import Appearance
from unhans.artefacts.artefact import Artefact, Mask
from unhans.artefacts.pieces import Pieces
from unhans.choices import Placement
from unhans.errors import InputError
from unhans.images.dataset import ClassDataset
from unhans.images.sampling import some
from unhans.images.transform import Transform
from unhans.io.store import Result

SHOWN = 100
"""Most images of a group, and of the others, that an artefact is isolated from."""


class Group:
    """Images of a class, of which some are positives.

    Parameters
    ----------
    dataset : ClassDataset
        Images of the class.
    attribution : Result
        Its ``heatmap`` (n, h, w), and ``image`` (n,), their rows in the dataset.
    in_group : ndarray of bool, shape (n,)
        The heatmaps whose images are positives.
    transform : Transform or None
        Of the network; None for digits.
    seed : int
        Chooses `SHOWN` images of each part, where there are more.

    Attributes
    ----------
    index : int
        Of the class's logit.
    rows : ndarray of int, shape (b,)
        Rows of all positives in the dataset.

    """

    def __init__(
        self,
        dataset: ClassDataset,
        attribution: Result,
        in_group: NDArray[np.bool_],
        *,
        transform: Transform | None,
        seed: int = 0,
    ) -> None:
        heatmaps, rows = attribution["heatmap"], attribution["image"]
        self.index = dataset.index
        self.rows = rows[in_group]
        random = np.random.default_rng(seed)
        parts = [some(random, np.nonzero(part)[0], SHOWN) for part in (in_group, ~in_group)]
        chosen = np.sort(np.concatenate(parts))
        self._members = in_group[chosen]
        self._heatmaps = heatmaps[chosen]
        self._rows = rows[chosen]
        self._inputs = np.stack([dataset.input(int(row), transform) for row in self._rows])

    def isolate(self, kind: Placement = "fixed") -> Artefact:
        """Isolate what the positives share.

        Parameters
        ----------
        kind : str
            What is looked for; see `isolation.isolate`.

        Returns
        -------
        Artefact

        """
        return isolation.isolate(self._inputs, self._heatmaps, self._members, kind=kind)

    def appearance(self) -> Appearance:
        """Measure what the positives differ by all over; see `appearance.difference`.

        Returns
        -------
        Appearance

        """
        return appearance.difference(self.positives, self.others)

    def pieces(self, seed: int) -> Pieces:
        """Cut out of each of the positives what the network looks at; see `pieces.of_images`.

        Parameters
        ----------
        seed : int
            Of the order in which pieces are put into images.

        Returns
        -------
        Pieces

        """
        places = isolation.places(self._heatmaps, self._members)
        return pieces.of_images(self.positives, places, seed)

    def reversed(self) -> Self:
        """Take the other images of the class for the positives.

        Returns
        -------
        Group

        """
        other = copy(self)
        other._members = ~self._members
        return other

    @property
    def shown(self) -> NDArray[np.int64]:
        """Rows (s,) of the positives that the artefact is isolated from."""
        return np.asarray(self._rows[self._members], dtype=np.int64)

    @property
    def positives(self) -> NDArray[np.float32]:
        """Inputs (s, c, h, w) of the images in ``shown``."""
        return self._inputs[self._members]

    @property
    def others(self) -> NDArray[np.float32]:
        """Inputs (m, c, h, w) of images of the class that are no positives."""
        return self._inputs[~self._members]

    @property
    def other_heatmaps(self) -> NDArray[np.float32]:
        """Heatmaps (m, h, w) of the same images."""
        return np.asarray(self._heatmaps[~self._members], dtype=np.float32)

    def masks(self, found: Artefact) -> Mask:
        """Find where each of the positives in ``shown`` has an artefact.

        Parameters
        ----------
        found : Artefact
            That they share.

        Returns
        -------
        ndarray of bool, shape (s, h, w)

        """
        if found.kind == "free":
            return isolation.places(self._heatmaps, self._members)
        return found.masks(len(self.shown))


def of_group(group_search: Result, indicator: str) -> NDArray[np.bool_]:
    """Select the clearest group of a class by an indicator.

    Parameters
    ----------
    group_search : Result
        Of the class.
    indicator : str
        That the group stands out by, such as ``grouped``.

    Returns
    -------
    ndarray of bool, shape (n,)
        Of the class's heatmaps, those of the group.

    """
    return np.asarray(group_search[f"{indicator}_members"][0])


def of_cluster(clustering: Result, *, k: int, cluster: int) -> NDArray[np.bool_]:
    """Select a cluster of the clusterings that figures are drawn from.

    Parameters
    ----------
    clustering : Result
        Of the class.
    k : int
        Number of clusters.
    cluster : int
        Number of the cluster, from 0, the largest.

    Returns
    -------
    ndarray of bool, shape (n,)
        Of the class's heatmaps, those of the cluster.

    Raises
    ------
    InputError
        There is no such clustering or cluster.

    """
    ks = clustering["k"].tolist()
    if k not in ks or not 0 <= cluster < k:
        raise InputError(
            f"no cluster {cluster} of {k}; expected k from {ks[0]} to {ks[-1]}, and clusters from 0"
        )
    return np.asarray(clustering["nested"][ks.index(k)] == cluster)


def of_feature(neurons: Result, images: NDArray[np.integer], name: str) -> NDArray[np.bool_]:
    """Select the images of a class that show a neural feature more than the others.

    Parameters
    ----------
    neurons : Result
        Of the class.
    images : ndarray of int, shape (n,)
        Rows of the class, those of its heatmaps.
    name : str
        ``neuron412`` or ``component1``.

    Returns
    -------
    ndarray of bool, shape (n,)
        Of the class's heatmaps, those above the cut that divides the images into two parts of the least
        variance within (two means in one dimension). Images that the network did not see are not.

    Raises
    ------
    InputError
        There is no such feature, or all images show it alike.

    """
    known = [f"neuron{int(place)}" for place in neurons["neuron"]]
    known += [f"component{place + 1}" for place in range(neurons["alpha"].shape[1])]
    if name not in known:
        raise InputError(f"no feature '{name}'; expected one of {', '.join(known)}")
    place = known.index(name)
    first = len(neurons["neuron"])
    if place < first:
        strength = neurons["activation"][:, neurons["neuron"][place]]
    else:
        strength = neurons["alpha"][:, place - first]
    _, explained, seen = np.intersect1d(images, neurons["image"], return_indices=True)
    own = np.full(len(images), -np.inf)
    own[explained] = strength[seen]
    return np.asarray(own >= _cut(own[explained], name))


def _cut(values: NDArray[np.floating], name: str) -> float:
    """Least value of the upper of two parts, whose means differ most for their sizes."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    if not len(ordered) or ordered[0] == ordered[-1]:
        raise InputError(f"feature '{name}': all {len(ordered)} images show it alike")
    lower = np.arange(1, len(ordered))
    sums = np.cumsum(ordered)
    apart = sums[:-1] / lower - (sums[-1] - sums[:-1]) / (len(ordered) - lower)
    between = lower * (len(ordered) - lower) * apart**2
    between[ordered[1:] == ordered[:-1]] = -1  # a cut is between two values
    return float(ordered[1 + between.argmax()])


def select(
    accepted: Accepted, results: Mapping[str, Result], flagged: Sequence[tuple[str, str]]
) -> NDArray[np.bool_] | None:
    """Select the positives of an accepted artefact: a flagged group, a cluster or a feature.

    Parameters
    ----------
    accepted : Accepted
        The artefact.
    results : mapping of str to Result
        Results of its class by stage: ``clustering`` where it is a cluster, ``neurons`` and
        ``attribution`` where it is a feature, else ``group_search``; none where the class has no images.
    flagged : sequence of (str, str)
        Class and indicator of each flagged group; of a class, that of the least p-value first.

    Returns
    -------
    ndarray of bool, shape (n,), or None
        Of the class's heatmaps, those of positives; None where the artefact comes from pictures
        alone.

    Raises
    ------
    InputError
        The class holds no finding, or none by that indicator, or has no such cluster or feature.

    """
    if "neurons" in results:
        return of_feature(results["neurons"], results["attribution"]["image"], accepted.feature)
    if "clustering" in results:
        k, cluster = int(accepted.k), int(accepted.cluster)
        return of_cluster(results["clustering"], k=k, cluster=cluster)
    if "group_search" not in results:
        return None
    for class_id, indicator in flagged:
        if class_id == accepted.class_id and accepted.indicator in ("", indicator):
            return of_group(results["group_search"], indicator)
    if accepted.drawn:
        return None
    by = f" by indicator '{accepted.indicator}'" if accepted.indicator else ""
    known = ", ".join(f"{class_id} ({indicator})" for class_id, indicator in flagged)
    raise InputError(
        f"artefact '{accepted.artefact}': class {accepted.class_id} holds no finding{by}; expected one "
        f"of {known or 'none'} (see findings.html), or analysis, k and cluster, or a feature"
    )
