"""Local features: images compared by the one pattern that they share and that other classes lack.

An artefact may lie anywhere in an image. Heatmaps of its images then have little in common, but somewhere
in each of them a layer of the network has the same activations.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_maps
from unhans.errors import InputError
from unhans.types import Array, Distances

CELLS = 2**24
"""Cosines that are in memory at once."""


def pairwise(heatmaps: Array, *, others: Array | None = None, device: str = "cpu") -> Distances:
    """Compute 1 - S between all pairs of images, by activations at a few positions of each.

    S(i, j) is the maximum, over positions p of image i and q of image j, of
    cos(p, q) - (o(p) + o(q)) / 2, where o(p) is the best cosine of p with any position in images of other
    classes. Activations are centred on the mean of those of the other classes. So two images are near
    each other by one pattern that both have and other classes have not. 1 - S is 0 where S is greater
    than 1: then o is negative, and the pattern is opposed to all of other classes.

    It is no metric in the strict sense. Equal images are as far apart as other classes are near to them.
    If all images of a class are equal, their distances are 0.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, k, c)
        Activations of c channels at k positions of each image, finite values.
    others : ndarray, shape (m, l, c)
        Of images of other classes.
    device : str
        Where cosines are computed: ``cpu``, ``cuda`` or ``cuda:1``.

    Returns
    -------
    ndarray of float32, shape (n, n)
        Symmetric, not negative, with a zero diagonal.

    Raises
    ------
    InputError
        There are no images of other classes, or they have other channels.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> maps = np.array([[[1.0, 0, 0]], [[1, 0, 0]], [[0, 1, 0]]])
    >>> others = np.array([[[0.0, 1, 0]], [[0, -1, 0]]])
    >>> uh.pairwise(maps, "local_features", others=others)
    array([[0., 0., 1.5],
           [0., 0., 1.5],
           [1.5, 1.5, 0.]], dtype=float32)
    """
    own, usual = as_maps(heatmaps), _others(others, np.shape(heatmaps)[-1])
    if (own == own[0]).all():
        return np.zeros((len(own), len(own)), dtype=np.float32)
    centre = usual.reshape(-1, usual.shape[2]).mean(axis=0, dtype=np.float64)
    features, known = (_directions(one, centre) for one in (own, usual))
    excess = _best(features, known.reshape(-1, known.shape[2]), device)
    similar = _similarities(features, excess, device)
    upper = np.triu(np.maximum(1 - similar, 0), 1)
    return np.asarray(upper + upper.T, dtype=np.float32)


def _others(others: Array | None, channels: int) -> Array:
    if others is None or not np.size(others):
        raise InputError("local_features: there are no images of other classes; expected some")
    found = as_maps(others)
    if found.shape[2] != channels:
        raise InputError(
            f"local_features: images of other classes have {found.shape[2]} channels; expected {channels}"
        )
    return found


def _directions(activations: Array, centre: NDArray[np.float64]) -> NDArray[np.float32]:
    """Centre activations, and scale those of each position to unit norm; zeros stay zeros."""
    found = np.empty(activations.shape, dtype=np.float32)
    for image, of_image in enumerate(activations):
        moved = of_image - centre
        norm = np.sqrt(np.square(moved).sum(axis=1, keepdims=True))
        found[image] = np.divide(moved, norm, out=np.zeros_like(moved), where=norm > 0)
    return found


def _best(
    features: NDArray[np.float32], known: NDArray[np.float32], device: str
) -> NDArray[np.float32]:
    """Best cosine of each position of each image with any of other classes."""
    n, k, channels = features.shape
    rows, columns = features.reshape(-1, channels), _on(known, device)
    found = np.empty(n * k, dtype=np.float32)
    step = max(1, CELLS // len(known))
    for start in range(0, n * k, step):
        cosines = _on(rows[start : start + step], device) @ columns.T
        found[start : start + step] = _greatest(cosines)
    return found.reshape(n, k)


def _similarities(
    features: NDArray[np.float32], usual: NDArray[np.float32], device: str
) -> NDArray[np.float32]:
    """S of all pairs; what lies left of the diagonal of a block of images is left at zero."""
    n, k, channels = features.shape
    half, one = -usual[:, :, None] / 2, np.ones((n, k, 1), dtype=np.float32)
    # The subtraction rides along in the matrix product. Positions come first in the columns: the maximum
    # over them is then taken of whole rows of images.
    rows = np.concatenate([features, half, one], axis=2)
    columns = _on(np.concatenate([features, one, half], axis=2).transpose(1, 0, 2).copy(), device)
    found = np.zeros((n, n), dtype=np.float32)
    step = max(1, CELLS // (n * k * k))
    for start in range(0, n, step):
        block = rows[start : start + step]
        right = columns[:, start:].reshape(-1, channels + 2)
        products = _on(block.reshape(-1, channels + 2), device) @ right.T
        found[start : start + step, start:] = _greatest(
            products.reshape(len(block), k * k, n - start)
        )
    return found


def _on(values: NDArray[np.float32], device: str) -> Any:
    """Put an array on a device; on a CPU NumPy computes."""
    if device == "cpu":
        return values
    from unhans.spray import cosines_gpu

    return cosines_gpu.place(values, device)


def _greatest(values: Any) -> NDArray[np.float32]:
    """Maximum along the second axis, as an array."""
    if isinstance(values, np.ndarray):
        return np.asarray(values.max(axis=1))
    from unhans.spray import cosines_gpu

    return cosines_gpu.greatest(values)
