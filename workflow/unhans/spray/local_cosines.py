"""Local cosines: patterns at a few positions of each image, compared over all positions of other images.

A pattern is the direction of a layer's activations at one position. Images of other classes say which
patterns are usual.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.types import Array

CELLS = 2**24
"""Cosines that are in memory at once."""


def directions(activations: Array, centre: NDArray[np.float64]) -> NDArray[np.float32]:
    """Centre activations, and scale those of each position to unit norm; zeros stay zeros.

    Parameters
    ----------
    activations : ndarray, shape (n, k, c)
        Of k positions of each image.
    centre : ndarray of float64, shape (c,)
        What is subtracted.

    Returns
    -------
    ndarray of float32, shape (n, k, c)

    """
    found = np.empty(activations.shape, dtype=np.float32)
    for image, of_image in enumerate(activations):
        moved = of_image - centre
        norm = np.sqrt(np.square(moved).sum(axis=1, keepdims=True))
        found[image] = np.divide(moved, norm, out=np.zeros_like(moved), where=norm > 0)
    return found


def best(
    features: NDArray[np.float32], known: NDArray[np.float32], device: str = "cpu"
) -> NDArray[np.float32]:
    """Best cosine of each position of each image with any of some known patterns.

    Parameters
    ----------
    features : ndarray of float32, shape (n, k, c)
        `directions` of images.
    known : ndarray of float32, shape (m, c)
        Directions, m at least 1.
    device : str
        Where cosines are computed.

    Returns
    -------
    ndarray of float32, shape (n, k)

    """
    n, k, channels = features.shape
    rows, columns = features.reshape(-1, channels), _on(known, device)
    found = np.empty(n * k, dtype=np.float32)
    step = max(1, CELLS // len(known))
    for start in range(0, n * k, step):
        cosines = _on(rows[start : start + step], device) @ columns.T
        found[start : start + step] = _greatest(cosines)
    return found.reshape(n, k)


def similarities(
    features: NDArray[np.float32], usual: NDArray[np.float32], device: str = "cpu"
) -> NDArray[np.float32]:
    """Similarity of all pairs of images by the one pattern that they share and that is least usual.

    That of images i and j is the maximum, over positions p of i and q of j, of
    cos(p, q) - (usual(p) + usual(q)) / 2.

    Parameters
    ----------
    features : ndarray of float32, shape (n, k, c)
        `directions` of images.
    usual : ndarray of float32, shape (n, k)
        Of each position.
    device : str
        Where cosines are computed.

    Returns
    -------
    ndarray of float32, shape (n, n)
        The upper triangle with its diagonal; what lies left of the diagonal is not defined.

    """
    n, k, _ = features.shape
    # Positions come first in the columns: the maximum over them is then taken of whole rows of images.
    rows, right = _with_usual(features, usual)
    columns = _on(right.transpose(1, 0, 2).copy(), device)
    found = np.zeros((n, n), dtype=np.float32)
    step = max(1, CELLS // (n * k * k))
    for start in range(0, n, step):
        block = rows[start : start + step]
        later = columns[:, start:].reshape(-1, columns.shape[2])
        products = _on(block.reshape(-1, rows.shape[2]), device) @ later.T
        found[start : start + step, start:] = _greatest(
            products.reshape(len(block), k * k, n - start)
        )
    return found


def shared_places(features: NDArray[np.float32], usual: NDArray[np.float32]) -> NDArray[np.int64]:
    """Find the position of each image whose pattern is most like those of the other images.

    Parameters
    ----------
    features : ndarray of float32, shape (n, k, c)
        `directions` of at least two images.
    usual : ndarray of float32, shape (n, k)
        Of each position; see `similarities`.

    Returns
    -------
    ndarray of int64, shape (n,)
        For each image i the position p with the greatest mean, over the other images j, of the maximum
        over q of cos(p, q) - (usual(p) + usual(q)) / 2; the first one of equals.

    """
    n, k, _ = features.shape
    rows, right = _with_usual(features, usual)
    columns = right.transpose(1, 0, 2).reshape(-1, right.shape[2])
    found = np.empty(n, dtype=np.int64)
    # Several images at a time: the columns are read from memory once for all of them.
    step = max(1, CELLS // (n * k * k))
    for start in range(0, n, step):
        block = rows[start : start + step]
        products = block.reshape(-1, rows.shape[2]) @ columns.T
        most = products.reshape(len(block), k, k, n).max(axis=2)
        places = np.arange(len(block))
        most[places, :, start + places] = 0
        found[start : start + step] = most.sum(axis=2, dtype=np.float64).argmax(axis=1)
    return found


def _with_usual(
    features: NDArray[np.float32], usual: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Two forms of the features whose inner product is cos(p, q) - (usual(p) + usual(q)) / 2."""
    half, one = -usual[:, :, None] / 2, np.ones((*usual.shape, 1), dtype=np.float32)
    return (
        np.concatenate([features, half, one], axis=2),
        np.concatenate([features, one, half], axis=2),
    )


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
