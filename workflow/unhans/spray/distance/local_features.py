"""Local features: images compared by the one pattern that they share and that other classes lack.

An artefact may lie anywhere in an image. Heatmaps of its images then have little in common, but somewhere
in each of them a layer of the network has the same activations.

The equation stands in docs/how-to/concepts.md.
"""

import numpy as np

from unhans.checks import as_maps
from unhans.errors import InputError
from unhans.spray import local_cosines
from unhans.types import Array, Distances


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
    features, known = (local_cosines.directions(one, centre) for one in (own, usual))
    excess = local_cosines.best(features, known.reshape(-1, known.shape[2]), device)
    similar = local_cosines.similarities(features, excess, device)
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
