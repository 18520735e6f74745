"""Isolation: the artefact that the images of a cluster share and other images of their class do not.

A *fixed* artefact lies where the images of the cluster agree with each other and differ from the others,
and where this touches what the network looks at in them more than in the others. A *free* one lies where
the network looks in an image of the cluster and not in others; its template is cut out of the image whose
piece is most like those of the others. Of the *whole* image it is the difference between the mean images.
An *overlay* is the details that its images share, added where they are the same.
"""

from typing import get_args

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unhans.artefacts.artefact import Artefact, Mask
from unhans.checks import (
    as_array,
    as_maps,
    as_numbers,
    one_of,
    require_finite,
    require_single,
)
from unhans.choices import Placement
from unhans.errors import InputError
from unhans.types import Array

EVEN = 0.02
"""Images agree where their standard deviation is below this fraction of the range of pixels:
compression alone differs by as much."""

AGREED = 0.5
"""Below this consistency the images share no pixels, and the mask is where the network looks."""

SMOOTH = 28
"""Relevance is smoothed by a Gaussian with the side of the image over this as standard deviation."""

UNUSUAL = 2.0
"""A place is unusual from so many standard deviations above the mean share of relevance."""

DETAIL = 37
"""The blur that removes the details of an overlay has the side of the image over this as standard
deviation."""

SAME = 1.5
"""A detail is the same in all images from so many times the spread among them."""

SPECK = 1e-3
"""Pieces of an overlay smaller than this fraction of the image are chance."""

COMPARED = 40
"""Most images of a cluster whose pieces are compared to choose the template of a free artefact."""


def isolate(
    images: Array, heatmaps: Array, members: NDArray[np.bool_], *, kind: Placement = "fixed"
) -> Artefact:
    """Isolate what the images of a cluster share that other images do not have.

    Parameters
    ----------
    images : ndarray, shape (n, c, h, w)
        Inputs of the network.
    heatmaps : ndarray, shape (n, h, w)
        Of the same images.
    members : ndarray of bool, shape (n,)
        Images of the cluster: two at least, and two at least are not.
    kind : {"fixed", "free", "whole", "overlay"}
        What is looked for. fixed: a mark at the same pixels of each image, such as a watermark in a
        corner. free: one at any place, such as an object. whole: what differs all over the image, such
        as a tint. overlay: details that lie over the image, such as text that can be seen through.

    Returns
    -------
    Artefact
        Its consistency depends on the kind. fixed: the fraction of the variance of all images within
        the mask that the cluster's images do not have. free: the mean correlation of its piece with
        those of the other images. whole: the fraction of its strength in the difference between an
        image of the cluster and the mean of the others. overlay: the fraction of its strength in that
        of the images' details where it is.

    Raises
    ------
    InputError
        Shapes, types or the kind do not fit, values are not finite, or there are fewer than two images
        in the cluster or beside it.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> random = np.random.default_rng(0)
    >>> images = random.random((20, 1, 8, 8)).astype(np.float32)
    >>> members = np.arange(20) < 8
    >>> images[members, :, 6:, 6:] = 1
    >>> heatmaps = random.random((20, 8, 8)).astype(np.float32) / 10
    >>> heatmaps[members, 6:, 6:] = 1
    >>> found = uh.isolate(images, heatmaps, members)
    >>> np.argwhere(found.mask).tolist(), round(found.consistency, 2)
    ([[6, 6], [6, 7], [7, 6], [7, 7]], 1.0)
    """
    one_of(kind, "kind", get_args(Placement))
    images, heatmaps, members = _checked(images, heatmaps, members)
    inside, outside = images[members], images[~members]
    if kind == "free":
        return _piece(inside, places(heatmaps, members))
    if kind == "whole":
        return _difference(inside, outside)
    if kind == "overlay":
        return _overlay(inside)
    return _mark(images, members, surplus(heatmaps, members))


def _checked(
    images: Array, heatmaps: Array, members: Array
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Check images, their heatmaps and the members of a cluster; integers become floats."""
    images = as_numbers(images, "images", "(n, channels, height, width)")
    heatmaps = as_numbers(heatmaps, "heatmaps", "(n, height, width)")
    members = as_array(members, "members", "(n,), bool")
    if images.ndim != 4 or not images.size or heatmaps.shape != (len(images), *images.shape[2:]):
        raise InputError(
            f"images have shape {images.shape}, heatmaps {heatmaps.shape}; "
            "expected (n, channels, height, width) and (n, height, width)"
        )
    if members.dtype != np.bool_ or members.shape != images.shape[:1]:
        raise InputError(
            f"members are {members.dtype} of shape {members.shape}; expected bool of shape "
            f"({len(images)},)"
        )
    count = int(members.sum())
    if min(count, len(images) - count) < 2:
        raise InputError(
            f"{count} images in a cluster and {len(images) - count} beside it; expected two of each"
        )
    images = images if images.dtype.kind == "f" else images.astype(np.float32)
    require_finite(images)
    require_single(images, "image")
    return images, as_maps(heatmaps), members


def places(heatmaps: Array, members: NDArray[np.bool_]) -> Mask:
    """Find where the network looks in each image of a cluster and hardly ever in others.

    Positive relevance is divided by its sum over the image, and smoothed. What lies `UNUSUAL` standard
    deviations of the others above their mean is cut at Otsu's threshold; of its connected regions the
    one that holds most is the place.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Relevance of all images.
    members : ndarray of bool, shape (n,)
        Images of the cluster.

    Returns
    -------
    ndarray of bool, shape (m, h, w)
        One mask a member.

    """
    width = max(1.0, max(heatmaps.shape[1:]) / SMOOTH)
    total, squares = np.zeros(heatmaps.shape[1:]), np.zeros(heatmaps.shape[1:])
    for heatmap in heatmaps[~members]:
        smoothed = ndimage.gaussian_filter(_share(heatmap), width)
        total += smoothed
        squares += smoothed**2
    mean = total / max(1, (~members).sum())
    spread = np.sqrt(np.maximum(squares / max(1, (~members).sum()) - mean**2, 0))
    own = (ndimage.gaussian_filter(_share(one), width) for one in heatmaps[members])
    return np.stack([_region(smoothed - mean - UNUSUAL * spread) for smoothed in own])


def surplus(heatmaps: Array, members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Compute how much more of their relevance members have at each pixel than the others.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Relevance of all images.
    members : ndarray of bool, shape (n,)
        Images of the cluster.

    Returns
    -------
    ndarray of float64, shape (h, w)
        Mean fraction of positive relevance of the members less that of the others, not below 0.

    """
    inside, outside = (_mean_share(heatmaps[chosen]) for chosen in (members, ~members))
    return np.asarray(np.maximum(inside - outside, 0))


def agreement(inside: Array, outside: Array) -> NDArray[np.float64]:
    """Compute how far the images of a cluster differ from others at each pixel.

    Parameters
    ----------
    inside, outside : ndarray, shape (m, c, h, w) and (n, c, h, w)
        Images of the cluster, and the others.

    Returns
    -------
    ndarray of float64, shape (h, w)
        In standard deviations: |median inside - mean outside| over the root of the sum of both
        variances and that of `EVEN`, of the channel in which it is largest.

    """
    extent = float(max(inside.max(), outside.max()) - min(inside.min(), outside.min()))
    variance = inside.var(axis=0) + outside.var(axis=0) + (EVEN * extent) ** 2
    difference = np.abs(np.median(inside, axis=0) - outside.mean(axis=0))
    scale = np.sqrt(variance)
    ratio = np.divide(difference, scale, out=np.zeros_like(scale), where=scale > 0)
    return np.asarray(ratio.max(axis=0), dtype=np.float64)


def otsu(values: Array) -> float:
    """Compute the threshold that splits values into two groups of greatest variance between them.

    Parameters
    ----------
    values : ndarray
        Of any shape.

    Returns
    -------
    float
        0 for no values.

    References
    ----------
    Otsu 1979.

    """
    ordered = np.sort(np.ravel(np.asarray(values, dtype=np.float64)))
    n = len(ordered)
    if n < 2:
        return float(ordered[0]) if n else 0.0
    sums = np.cumsum(ordered)[:-1]
    below = np.arange(1, n)
    between = below * (n - below) * (sums / below - (ordered.sum() - sums) / (n - below)) ** 2
    at = int(between.argmax())
    return float((ordered[at] + ordered[at + 1]) / 2)


def _mean_share(heatmaps: Array) -> NDArray[np.float64]:
    total = np.zeros(heatmaps.shape[1:])
    for heatmap in heatmaps:  # one at a time: a class of photographs is large
        total += _share(heatmap)
    return total / max(1, len(heatmaps))


def _share(heatmap: Array) -> NDArray[np.float64]:
    positive = np.maximum(heatmap, 0).astype(np.float64)
    return np.asarray(positive / (positive.sum() or 1))


def _region(excess: NDArray[np.float64]) -> Mask:
    above = np.maximum(excess, 0)
    labels, count = ndimage.label(above > otsu(above), np.ones((3, 3)))
    if not count:
        return np.asarray(excess == excess.max())
    held = ndimage.sum_labels(above, labels, np.arange(1, count + 1))
    return np.asarray(labels == 1 + held.argmax())


def _mark(images: Array, members: NDArray[np.bool_], seen: NDArray[np.float64]) -> Artefact:
    """Cut a fixed artefact: regions that the images share and where their surplus of relevance lies."""
    inside = images[members]
    seen_mask = seen > otsu(seen)
    contrast = agreement(inside, images[~members])
    shared = contrast > otsu(contrast)
    mask = _touching(shared, seen_mask)
    if _consistency(mask, inside, images) < AGREED:
        mask = seen_mask
    # Gaps where a mark has the colour of the background belong to the mark.
    mask |= ndimage.binary_closing(np.pad(mask, 2), np.ones((3, 3)))[2:-2, 2:-2]
    template = np.median(inside, axis=0).astype(np.float32)
    return Artefact(mask, template, _consistency(mask, inside, images))


def _piece(inside: Array, masks: Mask) -> Artefact:
    """Cut a free artefact out of the image whose piece correlates most with those of the others."""
    chosen = np.linspace(0, len(inside) - 1, min(len(inside), COMPARED)).astype(int)
    windows = np.stack([_window(inside[at], masks[at], _side(masks)) for at in chosen])
    flat = windows.reshape(len(windows), -1).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    likeness = (flat @ flat.T - np.eye(len(flat))).sum(axis=1) / max(1, len(flat) - 1)
    best = int(likeness.argmax())
    at = chosen[best]
    template = np.asarray(inside[at], dtype=np.float32)
    return Artefact(masks[at], template, float(np.clip(likeness[best], 0, 1)), "free")


def _side(masks: Mask) -> int:
    """Side of a square of about the area of a region."""
    return max(3, round(float(np.sqrt(np.median(masks.sum(axis=(1, 2)))))))


def _window(image: Array, mask: Mask, side: int) -> Array:
    """Square of an image around the centre of a mask, moved so that it lies within the image."""
    corner = [
        int(np.clip(round(float(along.mean())) - side // 2, 0, max(0, length - side)))
        for along, length in zip(np.nonzero(mask), mask.shape, strict=True)
    ]
    return image[:, corner[0] : corner[0] + side, corner[1] : corner[1] + side]


def _difference(inside: Array, outside: Array) -> Artefact:
    template = (inside.mean(axis=0) - outside.mean(axis=0)).astype(np.float32)
    strength = float((template.astype(np.float64) ** 2).mean())
    apart = float(((inside - outside.mean(axis=0)) ** 2).mean())
    everywhere = np.ones(template.shape[1:], dtype=bool)
    return Artefact(everywhere, template, strength / apart if apart else 0.0, "whole")


def _overlay(inside: Array) -> Artefact:
    """Details that images share: their median where it stands out from the spread among them."""
    extent = float(inside.max() - inside.min())
    size = inside.shape[2:]
    blur = (0, 0, *[max(1.0, max(size) / DETAIL)] * 2)
    fine = inside - ndimage.gaussian_filter(inside, blur)
    shared = np.median(fine, axis=0)
    apart = np.median(np.abs(fine - shared), axis=0) / 0.6745  # standard deviation, of a normal one
    clear = np.abs(shared) > np.maximum(SAME * apart, EVEN * extent)
    mask = _without_specks(clear.any(axis=0))
    template = (shared * mask).astype(np.float32)
    strength = float((fine[:, :, mask] ** 2).mean()) if mask.any() else 0.0
    same = float((shared[:, mask] ** 2).mean()) if mask.any() else 0.0
    return Artefact(mask, template, same / strength if strength else 0.0, "overlay")


def _without_specks(clear: Mask) -> Mask:
    """Drop single pixels and small pieces; pieces close to each other, as letters are, count as one."""
    width = max(clear.shape) / 224
    dense = ndimage.gaussian_filter(clear.astype(np.float64), max(0.7, width)) > 0.3
    close = ndimage.binary_dilation(dense, iterations=max(1, round(4 * width)))
    labels, count = ndimage.label(close, np.ones((3, 3)))
    held = ndimage.sum_labels(dense, labels, np.arange(1, count + 1))
    large = 1 + np.nonzero(held >= SPECK * clear.size)[0]
    return np.asarray(dense & np.isin(labels, large))


def _consistency(mask: NDArray[np.bool_], inside: Array, images: Array) -> float:
    """Fraction of the variance of all images within a mask that those of a cluster do not have."""
    if not mask.any():
        return 0.0
    within, whole = (part[:, :, mask].var(axis=0).mean() for part in (inside, images))
    return float(np.clip(1 - within / whole, 0, 1)) if whole > 0 else 0.0


def _touching(regions: NDArray[np.bool_], place: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the connected regions that share a pixel with a place; corners connect."""
    labels, _ = ndimage.label(regions, np.ones((3, 3)))
    found = np.unique(labels[place & regions])
    touching: NDArray[np.bool_] = np.isin(labels, found[found > 0])
    return touching
