"""Results of made-up classes, as the detection benchmark reads them."""

import numpy as np

from unhans.io import store
from unhans.spray.affinity import knn_affinity
from unhans.spray.clustering import kmeans, nested
from unhans.spray.distance import euclidean
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized

KS = range(2, 9)
RECIPE = store.Recipe("separability", {}, "abc")


def a_class(random, apart):
    """Results of a class of 60 images, of which the first 12 lie apart by so much."""
    points = random.normal(size=(60, 4))
    points[:12] = points[:12] / 3 + apart
    graph = knn_affinity(euclidean.pairwise(points), 6)
    eigenvalues, vectors = spectral(symmetric_normalized(graph), 8)
    return {
        "affinity": {"affinity": graph},
        "embedding": {"eigenvalue": eigenvalues, "embedding": vectors},
        "clustering": {
            "k": np.array(KS),
            "labels": kmeans(vectors, KS),
            "nested": nested(vectors, KS),
        },
        "attribution": {"artefact": np.r_[np.ones(12, int), np.zeros(48, int)] * (apart > 0)},
        "separability": {"tau": np.array([1.0 + apart])},
        "group_search": {
            "grouped_members": (np.arange(60) < 10)[None],
            "grouped_score": np.linspace(1, 0, 60, dtype=np.float32)[None],
        },
    }
