"""Class size: the images that tau needs, and what tau of a small class is made of."""

from typing import NamedTuple

PER_EIGENVECTOR = 4
"""Images, beside one a cluster, that each eigenvector needs for tau to be well-posed."""


class Size(NamedTuple):
    """Size of the embedding and of the clusterings that a tau is made of."""

    q: int
    """Eigenvectors"""
    k_max: int
    """Largest number of clusters"""


def size_for(n: int, q: int, k_max: int) -> Size:
    """Choose how many eigenvectors and clusters tau of a class of n images is made of.

    All of them, where n - k_max >= 4 q. Below, both shrink in proportion to n, so that the images for
    each eigenvector and for each cluster stay as many as at that bound, and tau of structureless points
    no longer grows as n falls (docs/reference/method.md has the numbers). Both at a time, since the
    criterion of k clusters also grows as k / n.

    Parameters
    ----------
    n : int
        Images of the class.
    q : int
        Eigenvectors.
    k_max : int
        Largest number of clusters.

    Returns
    -------
    Size
        At least one eigenvector and two clusters, but no more than there are.
    """
    needed = images_needed(q, k_max)
    if n >= needed:
        return Size(q, k_max)
    return Size(max(1, q * n // needed), max(min(2, k_max), k_max * n // needed))


def images_needed(q: int, k_max: int) -> int:
    """Count the images that a class needs for tau of all eigenvectors and clusterings.

    Parameters
    ----------
    q : int
        Eigenvectors.
    k_max : int
        Largest number of clusters.

    Returns
    -------
    int
    """
    return k_max + PER_EIGENVECTOR * q
