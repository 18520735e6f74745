"""Projection: the spectral embedding in the plane, for display.

Nothing is computed from a projection: clusters and tau come from the spectral embedding itself.
"""

import warnings
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.types import Array


def umap(embedding: Array, seed: int, n_neighbors: int, min_dist: float) -> NDArray[np.float32]:
    """Project the rows of an embedding by UMAP.

    Parameters
    ----------
    embedding : ndarray, shape (n, q)
        n at least 4.
    seed : int
        Of everything random.
    n_neighbors : int
        Neighbours of each point; n - 1 at most are taken.
    min_dist : float
        Least distance of points in the plane.

    Returns
    -------
    ndarray of float32, shape (n, 2)

    Raises
    ------
    InputError
        The embedding has another shape, or fewer than four rows.

    References
    ----------
    McInnes, Healy and Melville 2018; `umap.UMAP`.
    """
    from umap import UMAP  # two seconds of imports

    points = _points(embedding)
    _keep_compiled()
    with warnings.catch_warnings():
        # A fixed seed makes UMAP run on one thread, of which it warns at every call.
        warnings.filterwarnings("ignore", message="n_jobs value", category=UserWarning)
        warnings.filterwarnings("ignore", message="Graph is not fully connected")
        model = UMAP(
            n_neighbors=min(n_neighbors, len(points) - 1),
            min_dist=min_dist,
            random_state=seed,
            init="random" if len(points) < 12 else "spectral",
        )
        return np.asarray(model.fit_transform(points), dtype=np.float32)


@cache
def _keep_compiled() -> None:
    """Let Numba keep what UMAP compiles for its graph, as `compilation` keeps ours.

    Else each process compiles it anew, which takes five times as long as a projection. Other versions of
    UMAP may have these functions under other names, or not compiled: they are left alone.
    """
    from umap import umap_, utils

    modules = {
        umap_: ("smooth_knn_dist", "compute_membership_strengths"),
        utils: ("fast_knn_indices",),
    }
    for module, names in modules.items():
        for name in names:
            # AttributeError: not there, or not compiled. RuntimeError: no folder to keep it in.
            with suppress(AttributeError, RuntimeError):
                getattr(module, name).enable_caching()


def tsne(embedding: Array, seed: int, perplexity: float) -> NDArray[np.float32]:
    """Project the rows of an embedding by t-SNE.

    Parameters
    ----------
    embedding : ndarray, shape (n, q)
        n at least 4.
    seed : int
        Of everything random.
    perplexity : float
        Effective neighbours of each point; (n - 1) / 3 at most are taken.

    Returns
    -------
    ndarray of float32, shape (n, 2)

    Raises
    ------
    InputError
        The embedding has another shape, or fewer than four rows.

    References
    ----------
    van der Maaten and Hinton 2008; `sklearn.manifold.TSNE`.
    """
    from sklearn.manifold import TSNE

    points = _points(embedding)
    # t-SNE needs more points than 3 x perplexity.
    model = TSNE(perplexity=min(perplexity, (len(points) - 1) / 3), random_state=seed, init="pca")
    return np.asarray(model.fit_transform(points), dtype=np.float32)


def project(
    embedding: Array,
    methods: Sequence[str],
    seed: int,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
    perplexity: float = 30.0,
) -> dict[str, NDArray[np.float32]]:
    """Project the embedding by each method.

    Parameters
    ----------
    embedding : ndarray, shape (n, q)
        n at least 4.
    methods : sequence of str
        Of ``umap`` and ``tsne``.
    seed : int
        Of all methods.
    n_neighbors, min_dist : int, float
        Options of `umap`.
    perplexity : float
        Option of `tsne`.

    Returns
    -------
    dict of str to ndarray of float32, shape (n, 2)
        By method.

    Raises
    ------
    InputError
        There are fewer than four points.
    KeyError
        A method is unknown.
    """
    projections = {
        "umap": partial(umap, n_neighbors=n_neighbors, min_dist=min_dist),
        "tsne": partial(tsne, perplexity=perplexity),
    }
    return {name: projections[name](embedding, seed=seed) for name in methods}


def _points(embedding: Array) -> NDArray[np.float64]:
    points = np.asarray(embedding, dtype=np.float64)
    if points.ndim != 2 or len(points) < 4:
        raise InputError(f"embedding has shape {points.shape}; expected (n, q) with n >= 4")
    return points
