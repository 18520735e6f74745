"""Matrices: checks of those that the steps of SpRAy take, each with one message."""

from typing import Any

import numpy as np
from scipy import sparse

from unhans.checks import as_numbers, verb
from unhans.errors import InputError
from unhans.types import Array

ROUNDING = 1e-6
"""Fraction of the largest entry by which two entries of a symmetric matrix may differ."""


def as_square(values: Any, name: str) -> Array | sparse.csr_array:
    """Check that an argument is a square matrix of numbers.

    Parameters
    ----------
    values : array_like or sparse array, shape (n, n)
        What a caller gave.
    name : str
        Of the argument.

    Returns
    -------
    ndarray or csr_array, shape (n, n)

    Raises
    ------
    InputError
        Shape or type is another, there is no entry, or one is NaN.

    """
    if sparse.issparse(values):
        if values.dtype.kind not in "biuf":
            raise InputError(f"{name} of type {values.dtype}; expected real numbers, (n, n)")
        matrix = sparse.csr_array(values)
        known = matrix.data
    else:
        matrix = known = as_numbers(values, name, "(n, n)")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.shape[0]:
        have = verb(name, "has", "have")
        raise InputError(f"{name} {have} shape {matrix.shape}; expected (n, n)")
    if np.isnan(known).any():
        raise InputError(f"{name} {verb(name, 'holds', 'hold')} NaN; expected numbers")
    return matrix


def as_graph(values: Any, name: str, *, negative: bool = False) -> sparse.csr_array:
    """Check that an argument is a symmetric matrix of finite numbers.

    Parameters
    ----------
    values : array_like or sparse array, shape (n, n)
        What a caller gave.
    name : str
        Of the argument.
    negative : bool
        Whether entries may be negative.

    Returns
    -------
    csr_array of float64, shape (n, n)

    Raises
    ------
    InputError
        It is not.

    """
    graph = sparse.csr_array(as_square(values, name), dtype=np.float64)
    hold = verb(name, "holds", "hold")
    if not np.isfinite(graph.data).all():
        raise InputError(f"{name} {hold} infinite values; expected finite ones")
    if not negative and graph.data.min(initial=0) < 0:
        raise InputError(f"{name} {hold} {graph.data.min():.3g}; expected no negative values")
    skew = abs(graph - graph.T).tocoo()
    if skew.data.max(initial=0) > ROUNDING * float(np.abs(graph.data).max(initial=0)):
        at = int(skew.data.argmax())
        i, j = int(skew.row[at]), int(skew.col[at])
        raise InputError(
            f"{name} {hold} {graph[i, j]:.3g} at ({i}, {j}) and {graph[j, i]:.3g} at ({j}, {i}); "
            "expected a symmetric matrix"
        )
    return graph


def as_points(embedding: Any) -> Array:
    """Check that an argument is an embedding.

    Parameters
    ----------
    embedding : array_like, shape (n, q)
        What a caller gave.

    Returns
    -------
    ndarray of float64, shape (n, q)

    Raises
    ------
    InputError
        Shape or type is another, or values are NaN or infinite.

    """
    points = np.asarray(as_numbers(embedding, "embedding", "(n, q)"), dtype=np.float64)
    if points.ndim != 2 or not np.isfinite(points).all():
        raise InputError(f"embedding has shape {points.shape}; expected (n, q), finite")
    return points


def as_labels(labels: Any) -> Array:
    """Check that an argument holds numbers of clusters.

    Parameters
    ----------
    labels : array_like of int
        What a caller gave.

    Returns
    -------
    ndarray of int
        Of any shape.

    Raises
    ------
    InputError
        It is no array, or holds other values than integers.

    """
    found = as_numbers(labels, "labels", "one integer a point")
    if found.dtype.kind != "f":
        return found
    if not (np.isfinite(found) & (found == np.floor(found))).all():
        raise InputError("labels hold numbers that are no integers; expected integers, one a point")
    return found.astype(np.int64)
