"""Group search: images of a class that stand apart from its other images.

Tau measures how well a class as a whole falls into groups. An artefact is often a few images that stand
apart from two hundred others that are as in any class. Four indicators of it are computed:

``grouped``
    *A group by relevance.* The positive relevance of each image is summed in the bins of a coarse raster
    (`raster.coordinates`), and groups are searched in the square roots of its shares (`groups.search`).
    The indicator is the widest gap. A mark at one place makes a wide gap even where it takes a tenth of
    the relevance of one image in fifty, since no other image has relevance there. Strokes and shapes
    vary by degrees and leave no gap.
``content``
    *A group by content.* The same search, in the mean brightness of the images in these bins. An
    artefact that covers an image (a texture, a tint) moves relevance nowhere. Whether the network uses
    it is for the response of the network to decide.
``scattered``
    *Outliers.* A mark at random places makes no group, but images that each have much relevance in a bin
    where the class has little (`outliers`).
``repeated``
    *Repeated details.* Photographs that show the same details at the same place (`repeated_details`).
    This needs bins of some size, so that small images have no such indicator.

All indicators are pure numbers that are about the same in any class without artefacts. `findings` turns
them into one score and a p-value for each class, by comparing the classes of a corpus.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unhans.detection import groups, outliers, raster, repeated_details
from unhans.detection.groups import Group
from unhans.errors import InputError
from unhans.types import Array


@dataclass(frozen=True, eq=False)
class FoundGroups:
    """Results of `find_groups` for one class.

    Parameters
    ----------
    groups : mapping of str to list of Group
        Groups of each indicator, the widest gap first: ``grouped``, ``scattered`` (one group, the
        outliers), with images also ``content``, and with large images ``repeated`` (one group, the images
        whose details agree).
    coordinates : ndarray of float64, shape (n, bins * bins)
        Square roots of the shares of positive relevance in each bin.
    contents : ndarray of float64, shape (n, c * bins * bins), or None
        Mean brightness in each bin; None without images.
    repeated_where : ndarray of float64, shape (bins, bins), or None
        How far the details of the group ``repeated`` agree in each bin; None without that indicator.
    """

    groups: Mapping[str, list[Group]]
    coordinates: NDArray[np.float64]
    contents: NDArray[np.float64] | None = None
    repeated_where: NDArray[np.float64] | None = None

    @property
    def indicators(self) -> dict[str, float]:
        """Value of each indicator: the gap of its first group."""
        return {name: found[0].gap for name, found in self.groups.items()}


def find_groups(
    heatmaps: Array,
    *,
    images: Iterable[Array] | None = None,
    bins: int = 7,
    smallest: float = 0.015,
    seed: int = 0,
) -> FoundGroups:
    """Find the images of a class that stand apart from its other images.

    These are the results of the stage ``group_search`` of the workflow for the same settings.

    Parameters
    ----------
    heatmaps : ndarray of float, shape (n, h, w)
        Relevance of the images of one class.
    images : iterable of ndarray of uint8, shape (h, w) or (h, w, 3), optional
        The images themselves, in the order of the heatmaps. One at a time is held in memory. Without
        them the indicators ``content`` and ``repeated`` are not computed.
    bins : int
        Bins along each side of the raster in which relevance and brightness are summed.
    smallest : float
        Share of the class that a group has at least (and four images).
    seed : int
        Seed of the draw of the images that groups start from, in classes of more than 512 images.

    Returns
    -------
    FoundGroups
        Groups, and the indicators of an artefact.

    Raises
    ------
    InputError
        The heatmaps are too few or not finite, or the images are not as many as the heatmaps.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> maps = np.random.default_rng(0).gamma(2, size=(80, 14, 14))
    >>> maps[:9, :2, :2] += 40  # relevance in a corner of 9 images
    >>> found = uh.find_groups(maps)
    >>> sorted(found.indicators)
    ['grouped', 'scattered']
    >>> np.flatnonzero(found.groups["grouped"][0].members)
    array([0, 1, 2, 3, 4, 5, 6, 7, 8])
    """
    if images is None:
        return search(heatmaps, bins=bins, smallest=smallest, seed=seed)
    seen = raster.contents_and_details(images, bins)
    return search(heatmaps, *seen, bins=bins, smallest=smallest, seed=seed)


def search(
    heatmaps: Array,
    contents: Array | None = None,
    details: Array | None = None,
    *,
    bins: int,
    smallest: float,
    seed: int,
) -> FoundGroups:
    """Find groups as `find_groups`, given what was read from the images.

    Parameters
    ----------
    heatmaps : ndarray of float, shape (n, h, w)
        Relevance of the images of one class.
    contents : ndarray of float, shape (n, c, bins, bins), optional
        Mean brightness of the images, see `raster.contents_and_details`.
    details : ndarray of float, shape (n, h, w), optional
        Details of the images, see `repeated_details.details`.
    bins, smallest, seed
        See `find_groups`.

    Returns
    -------
    FoundGroups
        Groups, and the indicators of an artefact.

    Raises
    ------
    InputError
        The heatmaps are too few or not finite, or ``contents`` has not as many rows.

    """
    points = raster.coordinates(heatmaps, bins)
    shown = None
    if contents is not None:
        shown = np.asarray(contents, dtype=np.float64).reshape(len(contents), -1)
        if len(shown) != len(points):
            raise InputError(f"{len(points)} heatmaps and {len(shown)} images; expected as many")
    least = groups.smallest_size(len(points), smallest)
    found = {"grouped": _separated(points, points, least, seed)}
    if shown is not None:
        found["content"] = _separated(shown, points, least, seed)
    excess = outliers.excesses(points)
    found["scattered"] = [Group(outliers.find(excess), outliers.scattered(excess), excess)]
    repeated = None if details is None else repeated_details.find(details, bins)
    if repeated is None:
        return FoundGroups(found, points, shown)
    found["repeated"] = [Group(repeated.members, repeated.indicator, repeated.score)]
    return FoundGroups(found, points, shown, repeated.where)


def arrays(found: FoundGroups) -> dict[str, Array]:
    """Arrays that the stage stores.

    Parameters
    ----------
    found : FoundGroups
        Groups of a class.

    Returns
    -------
    dict of str to ndarray
        For each indicator: ``<indicator>`` float64 (1,), its value; ``<indicator>_gap`` float64 (g,),
        ``<indicator>_members`` bool (g, n) and ``<indicator>_score`` float32 (g, n) of its groups.
        Besides ``coordinates`` (n, bins * bins), ``contents`` (n, c * bins * bins) and
        ``repeated_where`` (bins * bins,), float32, of what there is.

    """
    kept: dict[str, Array] = {}
    for indicator, own in found.groups.items():
        kept[indicator] = np.array([own[0].gap])
        kept[f"{indicator}_gap"] = np.array([group.gap for group in own])
        kept[f"{indicator}_members"] = np.stack([group.members for group in own])
        kept[f"{indicator}_score"] = np.stack([group.score for group in own]).astype(np.float32)
    further = {
        "coordinates": found.coordinates,
        "contents": found.contents,
        "repeated_where": None if found.repeated_where is None else found.repeated_where.ravel(),
    }
    return kept | {
        name: values.astype(np.float32) for name, values in further.items() if values is not None
    }


def _separated(
    points: groups.Points, relevance: groups.Points, least: int, seed: int
) -> list[Group]:
    return groups.with_more_relevance(groups.search(points, least, seed=seed), points, relevance)
