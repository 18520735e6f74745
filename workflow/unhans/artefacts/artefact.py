"""Artefact: what the images of a cluster share that other images of their class do not have.

The *mask* is where it is, the *template* what is there. There are four kinds. One that is *fixed* is at
the same pixels of every image: those where the images of the cluster agree with each other and differ
from the others, and where this touches what the network looks at in them more than in the others. One
that is *free* is elsewhere in each image, where the network looks in it and not in the others; its
template is cut out of the image whose piece is most like those of the others. One of the *whole* image
(a texture, a tint) is the difference between the mean images, and is added. An *overlay* (a watermark)
shines through to the image: the details that its images share are added where they are the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unhans.choices import Placement
from unhans.errors import InputError
from unhans.types import Array

EVEN = 0.02
"""Standard deviation, of the range of pixels, below which images agree: compression does as much."""


AGREED = 0.5
"""Consistency below which a mask is where the network looks, since nothing there is the same."""


SMOOTH = 28
"""Side of an image over the standard deviation by which relevance is smoothed to see where it is."""

UNUSUAL = 2.0
"""Standard deviations above the usual share of relevance from which a place is looked at by exception."""

DETAIL = 37
"""Side of an image over the standard deviation of the blur that takes the details of an overlay away."""

SAME = 1.5
"""Times the spread among images from which a detail is the same in them."""

SPECK = 1e-3
"""Share of the image below which a piece of an overlay is chance."""

COMPARED = 40
"""Images of a cluster whose pieces are compared to choose a template of what is free."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Artefact:
    """Pixels that can be put into images."""

    mask: Mask
    """(h, w)"""
    template: NDArray[np.float32]
    """(c, h, w) as inputs of the network; what lies outside the mask is not used. Of the whole image,
    and of an overlay: what is added"""
    consistency: float
    """How much the cluster's images share, from 0 to 1: of what is fixed, the share of the variance
    within the mask that they do not have; see `isolate`"""
    kind: Placement = "fixed"
    opacity: NDArray[np.float32] | None = None
    """(h, w) how much of the template is seen, from 0 to 1; all within the mask where None"""
    seed: int = 0
    """Of the places where what is free is put"""

    def insert(self, images: Array) -> NDArray[np.float32]:
        """Put the template into images (n, c, h, w); a copy.

        Raises
        ------
        InputError
            The images are of another size.

        """
        own = np.asarray(images, dtype=np.float32)
        if own.shape[1:] != self.template.shape:
            raise InputError(
                f"images have shape {own.shape}; expected (n, {', '.join(map(str, self.template.shape))})"
            )
        if self.adds:
            return np.asarray(own + self.mask * self.template, dtype=np.float32)
        if self.kind == "free" and len(own):
            moved = zip(own, self._moved(len(own)), strict=True)
            return np.stack([blended(image, *parts) for image, parts in moved])
        return blended(own, self.mask, self.template, self.opacity)

    @property
    def adds(self) -> bool:
        """Whether it is added to an image, instead of shown in its stead."""
        return self.kind in ("whole", "overlay")

    def masks(self, n: int) -> Mask:
        """Tell where `insert` changes each of the first n images that it is given: (n, h, w)."""
        if self.kind != "free" or not n:
            return np.broadcast_to(self.mask, (n, *self.mask.shape))
        return np.stack([mask for mask, *_ in self._moved(n)])

    def _moved(self, n: int) -> Iterator[tuple[Mask, Array, Array | None]]:
        """Mask, template and opacity moved to a random place, for each of n images."""
        rows, columns = np.nonzero(self.mask)
        span = np.array([[rows.min(), rows.max()], [columns.min(), columns.max()]])
        room = np.array(self.mask.shape) - (span[:, 1] - span[:, 0])
        # The places of the first images do not depend on how many follow.
        places = (np.random.default_rng(self.seed).random((n, 2)) * room).astype(int)
        for step in places - span[:, 0]:
            yield (
                np.roll(self.mask, step, axis=(0, 1)),
                np.roll(self.template, step, axis=(1, 2)),
                None if self.opacity is None else np.roll(self.opacity, step, axis=(0, 1)),
            )


def blended(
    images: Array, mask: Mask, template: Array, opacity: Array | None
) -> NDArray[np.float32]:
    """Show a template in images (..., c, h, w) within a mask (h, w), or as opaque as it is said to be."""
    if opacity is None:
        return np.where(mask, template, images)
    return np.asarray(images + opacity * (template - images), dtype=np.float32)


def isolate(
    images: Array, heatmaps: Array, members: NDArray[np.bool_], kind: Placement = "fixed"
) -> Artefact:
    """Find what the images of a cluster share.

    Parameters
    ----------
    images : (n, c, h, w) inputs of the network
    heatmaps : (n, h, w) of the same images
    members : (n,) images of the cluster; at least two, and not all but one
    kind : what is looked for; the consistency of what is free is the mean correlation of its piece with
        those of the others, that of the whole image the share of its strength in the difference between
        an image of the cluster and the others' mean, that of an overlay its share of the strength of
        their details where it is

    """
    inside, outside = np.asarray(images)[members], np.asarray(images)[~members]
    if len(inside) < 2 or len(outside) < 2:
        raise InputError(
            f"{len(inside)} images in a cluster and {len(outside)} beside it; expected two of each"
        )
    if kind == "free":
        return _piece(inside, places(heatmaps, members))
    if kind == "whole":
        return _difference(inside, outside)
    if kind == "overlay":
        return _overlay(inside)
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


def places(heatmaps: Array, members: NDArray[np.bool_]) -> Mask:
    """Where the network looks in each image of a cluster and hardly ever in others: (members, h, w).

    Positive relevance is taken as shares of each image's, and smoothed. What lies `UNUSUAL` standard
    deviations of the others above their mean is cut at Otsu's threshold; of its connected regions the
    one that holds most is the place.
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
    """Mean share of positive relevance of members at each pixel, less that of the others, not below 0."""
    inside, outside = (_mean_share(heatmaps[chosen]) for chosen in (members, ~members))
    return np.asarray(np.maximum(inside - outside, 0))


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


def _piece(inside: Array, masks: Mask) -> Artefact:
    """Cut what is free out of the image whose piece correlates most with those of the others."""
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
    """Side of a square that about holds a region."""
    return max(3, round(float(np.sqrt(np.median(masks.sum(axis=(1, 2)))))))


def _window(image: Array, mask: Mask, side: int) -> Array:
    """Square of an image about the middle of a mask, moved into the image where it would leave it."""
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
    """Leave out pixels that are alone, and pieces that are small: letters lie close to each other."""
    width = max(clear.shape) / 224
    dense = ndimage.gaussian_filter(clear.astype(np.float64), max(0.7, width)) > 0.3
    close = ndimage.binary_dilation(dense, iterations=max(1, round(4 * width)))
    labels, count = ndimage.label(close, np.ones((3, 3)))
    held = ndimage.sum_labels(dense, labels, np.arange(1, count + 1))
    large = 1 + np.nonzero(held >= SPECK * clear.size)[0]
    return np.asarray(dense & np.isin(labels, large))


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
