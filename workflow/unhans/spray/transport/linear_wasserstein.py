"""Linear Wasserstein distances: all pairs at the cost of one transport for each heatmap.

Source: Wang et al. 2013, doi:10.1007/s11263-012-0566-z.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unhans.spray.distance import euclidean
from unhans.spray.transport import linear_ot
from unhans.spray.transport.coarse import Coarse, coarsened
from unhans.spray.transport.linear_ot import distance_costs
from unhans.spray.transport.support import Support

REFERENCE_POINTS = 200
"""Most points of the reference. A finer one finds hardly more neighbours and costs more."""


def linear_distances(supports: Sequence[Support]) -> NDArray[np.float32]:
    """Approximate W_2 between all pairs; the values are a few percent too large or too small.

    The coarse mean of the class is transported to each heatmap, at squared distances. The features of a
    heatmap are the places to which the points of the mean move on average, each times the root of its
    mass.

    Parameters
    ----------
    supports : sequence of Support
        Supports of a class, none empty.

    Returns
    -------
    ndarray of float32, shape (n, n)
    """
    reference, weight = _mean(supports)
    features = np.empty((len(supports), *reference.shape))
    for number, (points, mass, *_) in enumerate(supports):
        plan, *_ = linear_ot.solve(weight, mass, distance_costs(reference, points, 2))
        features[number] = plan @ points / np.sqrt(weight)[:, None]
    return euclidean.pairwise(features)


def _mean(supports: Sequence[Support]) -> Coarse:
    """Mean of the heatmaps, on the smallest square cells that are at most `REFERENCE_POINTS`."""
    points = np.concatenate([support.points for support in supports])
    mass = np.concatenate([support.mass for support in supports]) / len(supports)
    side = 1
    while len((coarse := coarsened(points, mass, side)).mass) > REFERENCE_POINTS:
        side += 1
    return coarse
