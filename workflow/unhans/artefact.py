"""Artefact: what the images of a cluster share that other images of their class do not have.

The *mask* is where it is, the *template* what is there. Pixels belong to the mask where the images of the
cluster agree with each other and differ from the others, and where this touches what the network looks
at in them more than in the others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unhans.errors import InputError
from unhans.types import Array

EVEN = 0.02
"""Standard deviation, of the range of pixels, below which images agree: compression does as much."""


AGREED = 0.5
"""Consistency below which a mask is where the network looks, since nothing there is the same."""


@dataclass(frozen=True, eq=False)
class Artefact:
    """Pixels that can be put into images, and taken out of them again where the image is kept."""

    mask: NDArray[np.bool_]
    """(h, w)"""
    template: NDArray[np.float32]
    """(c, h, w) as inputs of the network; what lies outside the mask is not used"""
    consistency: float
    """Share of the variance within the mask that the cluster's images do not have, from 0 to 1"""

    def insert(self, images: Array) -> NDArray[np.float32]:
        """Put the template into images (n, c, h, w); a copy."""
        own = np.asarray(images, dtype=np.float32)
        if own.shape[1:] != self.template.shape:
            raise InputError(
                f"images have shape {own.shape}; expected (n, {', '.join(map(str, self.template.shape))})"
            )
        return np.where(self.mask, self.template, own)


def isolate(images: Array, heatmaps: Array, members: NDArray[np.bool_]) -> Artefact:
    """Find what the images of a cluster share.

    Parameters
    ----------
    images : (n, c, h, w) inputs of the network
    heatmaps : (n, h, w) of the same images
    members : (n,) images of the cluster; at least two, and not all but one

    """
    inside, outside = np.asarray(images)[members], np.asarray(images)[~members]
    if len(inside) < 2 or len(outside) < 2:
        raise InputError(
            f"{len(inside)} images in a cluster and {len(outside)} beside it; expected two of each"
        )
    seen = surplus(heatmaps, members)
    seen_mask = seen > otsu(seen)
    contrast = agreement(inside, outside)
    shared = contrast > otsu(contrast)
    mask = _touching(shared, seen_mask)
    if _consistency(mask, inside, np.asarray(images)) < AGREED:
        mask = seen_mask
    # A mark whose colour is the background's here and there is one mark.
    mask |= ndimage.binary_closing(np.pad(mask, 2), np.ones((3, 3)))[2:-2, 2:-2]
    template = np.median(inside, axis=0).astype(np.float32)
    return Artefact(mask, template, _consistency(mask, inside, np.asarray(images)))


def surplus(heatmaps: Array, members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean share of positive relevance of members at each pixel, less that of the others, not below 0."""
    means = []
    for chosen in (members, ~members):
        total = np.zeros(heatmaps.shape[1:])
        for heatmap in heatmaps[chosen]:  # one at a time: a class of photographs is large
            positive = np.maximum(heatmap, 0).astype(np.float64)
            total += positive / (positive.sum() or 1)
        means.append(total / max(1, chosen.sum()))
    return np.asarray(np.maximum(means[0] - means[1], 0))


def agreement(inside: Array, outside: Array) -> NDArray[np.float64]:
    """How far the images of a cluster differ from others at each pixel, in standard deviations: (h, w).

    |median inside - mean outside|, over the root of the two variances and that of `EVEN`; of the channel
    in which this is largest.
    """
    extent = float(max(inside.max(), outside.max()) - min(inside.min(), outside.min()))
    variance = inside.var(axis=0) + outside.var(axis=0) + (EVEN * extent) ** 2
    difference = np.abs(np.median(inside, axis=0) - outside.mean(axis=0))
    scale = np.sqrt(variance)
    ratio = np.divide(difference, scale, out=np.zeros_like(scale), where=scale > 0)
    return np.asarray(ratio.max(axis=0), dtype=np.float64)


def otsu(values: Array) -> float:
    """Threshold that parts values into two groups of greatest variance between them (Otsu 1979)."""
    ordered = np.sort(np.ravel(np.asarray(values, dtype=np.float64)))
    n = len(ordered)
    if n < 2:
        return float(ordered[0]) if n else 0.0
    sums = np.cumsum(ordered)[:-1]
    below = np.arange(1, n)
    between = below * (n - below) * (sums / below - (ordered.sum() - sums) / (n - below)) ** 2
    at = int(between.argmax())
    return float((ordered[at] + ordered[at + 1]) / 2)


def _consistency(mask: NDArray[np.bool_], inside: Array, images: Array) -> float:
    """Share of the variance of all images within a mask that those of a cluster do not have."""
    if not mask.any():
        return 0.0
    within, whole = (part[:, :, mask].var(axis=0).mean() for part in (inside, images))
    return float(np.clip(1 - within / whole, 0, 1)) if whole > 0 else 0.0


def _touching(regions: NDArray[np.bool_], place: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those connected regions that share a pixel with a place, corners counted as connected."""
    labels, _ = ndimage.label(regions, np.ones((3, 3)))
    found = np.unique(labels[place & regions])
    touching: NDArray[np.bool_] = np.isin(labels, found[found > 0])
    return touching
