"""Group search: images of a class that stand apart from its other images.

Tau measures how well a class as a whole falls into groups. An artefact is often a few images that stand
apart from two hundred others that are as in any class. Several indicators of it are computed, each with
its own groups of images: the rows of the table `indicators`. Each has a module.

All indicators are pure numbers that are about the same in any class without artefacts. Beside each stands
what it is in images without groups that are otherwise like those of the class (`null`). `findings`
compares the classes of a corpus by both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_seed, one_of, real, shown, whole
from unhans.detection import raster, refined, whitening
from unhans.detection.concepts import Concepts, require
from unhans.detection.evidence import Evidence, Found, Rises
from unhans.detection.groups import Group
from unhans.detection.indicators import INDICATORS, LARGE
from unhans.detection.transplanted import PIECES
from unhans.errors import InputError
from unhans.types import Array

SEEN = 0.8
"""Share of a class's images with positive relevance from which groups are sought in it"""


@dataclass(frozen=True, eq=False)
class FoundGroups:
    """Results of `find_groups` for one class.

    Parameters
    ----------
    found : mapping of str to Found
        What each indicator finds: ``grouped`` and ``scattered``, with images also ``content``, and with
        large images ``repeated``.
    coordinates : ndarray of float64, shape (n, bins * bins)
        Square roots of the shares of positive relevance in each bin.
    contents : ndarray of float64, shape (n, c * bins * bins), or None
        Mean brightness in each bin; None without images.
    pixels : int
        Shorter side of the heatmaps.

    """

    found: Mapping[str, Found]
    coordinates: NDArray[np.float64]
    contents: NDArray[np.float64] | None = None
    pixels: int = 0

    def __repr__(self) -> str:
        """Name each indicator with its value and the number of its groups."""
        values = self.indicators
        groups = self.groups
        shown = (f"{name}={values[name]:.3g} ({len(groups[name])} groups)" for name in values)
        return f"FoundGroups({', '.join(shown)})"

    @property
    def groups(self) -> dict[str, list[Group]]:
        """Groups of each indicator, the clearest first."""
        return {name: one.groups for name, one in self.found.items()}

    @property
    def indicators(self) -> dict[str, float]:
        """Value of each indicator: the gap of its first group."""
        return {name: one.value for name, one in self.found.items()}


def find_groups(
    heatmaps: Array,
    *,
    images: Iterable[Array] | None = None,
    rises: Mapping[str, Rises] | None = None,
    concepts: Concepts | None = None,
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
    rises : mapping of str to Rises, optional
        What pieces of the images do in images of other classes (`transplanted.of_all`). Without them the
        indicators ``window``, ``rim`` and ``style`` are not computed.
    concepts : Concepts, optional
        What the network sees at hidden layers (`concepts.of_class`). Without them, and in images of less
        than 112 pixels, the indicators ``recurring`` and ``channels`` are not computed.
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
        The heatmaps are too few or not finite, or images or another argument do not fit.

    Examples
    --------
    >>> import numpy as np, unhans as uh
    >>> maps = np.random.default_rng(0).gamma(2, size=(80, 14, 14))
    >>> maps[:9, :2, :2] += 40  # relevance in a corner of 9 images
    >>> found = uh.find_groups(maps)
    >>> sorted(found.indicators)
    ['grouped', 'scattered']
    >>> np.flatnonzero(found.groups["grouped"][0].members)
    array([0, 1, 2, 3, 4, 5, 6, 7, 8])
    """
    bins, smallest, seed = whole(bins, "bins", 1), _as_share(smallest), as_seed(seed)
    seen = () if images is None else raster.contents_and_details(images, bins)
    return search(
        heatmaps, *seen, rises=rises, concepts=concepts, bins=bins, smallest=smallest, seed=seed
    )


def _as_share(smallest: float) -> float:
    """Check the share of the class that a group has at least."""
    share = real(smallest, "smallest")
    if not 0 < share <= 0.5:
        raise InputError(f"smallest is {share:g}; expected a share above 0, up to 0.5")
    return share


def _require_rises(rises: Mapping[str, Rises] | None, n: int) -> None:
    """Refuse rises of other pieces than there are, or of other images."""
    if not isinstance(rises, Mapping | None):
        raise InputError(f"rises is {shown(rises)}; expected a mapping of pieces to Rises")
    for piece, one in (rises or {}).items():
        one_of(piece, "piece of rises", PIECES)
        if not isinstance(one, Rises) or np.ndim(one.rise) != 2 or len(one.rise) != n:
            raise InputError(
                f"rises of '{piece}' are {shown(one)}; expected Rises of {n} images, as the heatmaps"
            )


def search(
    heatmaps: Array,
    contents: Array | None = None,
    details: Array | None = None,
    *,
    rises: Mapping[str, Rises] | None = None,
    concepts: Concepts | None = None,
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
    rises, concepts, bins, smallest, seed : mapping, Concepts, int, float, int
        See `find_groups`.

    Returns
    -------
    FoundGroups
        Groups, and the indicators of an artefact.

    Raises
    ------
    InputError
        The heatmaps are too few or not finite, or ``contents`` or ``concepts`` have not as many rows.

    """
    points = _coordinates(heatmaps, bins)
    _require_rises(rises, len(points))
    shown = None
    if contents is not None:
        shown = np.asarray(contents, dtype=np.float64).reshape(len(contents), -1)
        if len(shown) != len(points):
            raise InputError(f"{len(points)} heatmaps and {len(shown)} images; expected as many")
        if shown.shape[1] % points.shape[1]:
            raise InputError(f"images are too small for the raster of {points.shape[1]} bins")
    pixels = min(np.shape(heatmaps)[1:])
    seen = concepts if pixels >= LARGE else None
    if seen is not None and len(seen.activation) != len(points):
        raise InputError(
            f"{len(points)} heatmaps and concepts of {len(seen.activation)} images; expected as many"
        )
    rows = None if seen is None else whitening.whitened(require(seen))
    hidden = None if rows is None else refined.coordinates(rows)
    evidence = Evidence(
        *(points, shown, details, bins, smallest, seed, rises or {}, seen),
        whitened=rows,
        hidden=hidden,
    )
    found = {name: one.find(evidence) for name, one in INDICATORS.items()}
    return FoundGroups({name: one for name, one in found.items() if one}, points, shown, pixels)


def _coordinates(heatmaps: Array, bins: int) -> NDArray[np.float64]:
    """Coordinates of heatmaps; those without positive relevance are put in the middle of the others.

    Where an image shows nothing that speaks for the class, shares of what is left are rounding errors or
    accidents, and no place of relevance. Of a class with many such images there is no middle.
    """
    points, seen = raster.coordinates(heatmaps, bins), raster.with_positive(heatmaps)
    if seen.mean() < SEEN:
        raise InputError(
            f"relevance is positive in {seen.sum()} of {len(seen)} images; expected it in {SEEN:.0%}: "
            "little in these images speaks for the class, as the network has it"
        )
    points[~seen] = points[seen].mean(axis=0)
    return points


def arrays(found: FoundGroups, ranks: Array | None = None) -> dict[str, Array]:
    """Arrays that the stage stores.

    Parameters
    ----------
    found : FoundGroups
        Groups of a class.
    ranks : ndarray of int, shape (n,), optional
        Rank of the class among the network's outputs for each image, from 1.

    Returns
    -------
    dict of str to ndarray
        For each indicator: ``<indicator>`` float64 (1,), its value; ``<indicator>_gap`` float64 (g,),
        ``<indicator>_members`` bool (g, n) and ``<indicator>_score`` float32 (g, n) of its groups;
        ``<indicator>_where`` float32 (bins * bins,), what the first group has more of; and
        ``<indicator>_null`` float64 (draws,), and ``<indicator>_points`` float64 (3,), an
        `evidence.Points`, of what there is. Besides ``coordinates`` (n, bins * bins) and ``contents``
        (n, c * bins * bins), float32, and ``wrong`` bool (n,), the images that the network takes for
        another class, of what there is.

    """
    kept: dict[str, Array] = {}
    for indicator, own in found.found.items():
        kept[indicator] = np.array([own.value])
        kept[f"{indicator}_gap"] = np.array([group.gap for group in own.groups])
        kept[f"{indicator}_members"] = np.stack([group.members for group in own.groups])
        kept[f"{indicator}_score"] = np.stack([one.score for one in own.groups]).astype(np.float32)
        kept[f"{indicator}_where"] = own.where.ravel().astype(np.float32)
        kept[f"{indicator}_null"] = own.null
        if own.points is not None:
            kept[f"{indicator}_points"] = np.array(own.points)
    if ranks is not None:
        kept["wrong"] = np.asarray(ranks) > 1
    further = {"coordinates": found.coordinates, "contents": found.contents}
    return kept | {
        name: values.astype(np.float32) for name, values in further.items() if values is not None
    }
