"""Types: names for the arrays that pass between the stages, and what all results have in common."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""Any NumPy array."""

Heatmaps: TypeAlias = NDArray[np.float32]
"""Relevance of n images: (n, height, width)."""

Distances: TypeAlias = NDArray[np.float32]
"""Pairwise distances: (n, n), symmetric, zero diagonal, not negative."""

Embedding: TypeAlias = NDArray[np.float64]
"""Points, one a row: (n, q)."""

Labels: TypeAlias = NDArray[np.int32]
"""Cluster numbers: (n,) for one clustering, (len(ks), n) for several."""

Parameters: TypeAlias = dict[str, Any]
"""What a stage was told, as plain JSON values with sorted keys."""

STORE_FORMAT = 2
"""Version of the layout of results; part of every rule's code, so that raising it re-runs all."""


class Analysis(NamedTuple):
    """One point of the grid; its fields name the folders that its results lie in."""

    corpus: str
    model: str
    composite: str
    representation: str
    metric: str
    knn: int
    q: int

    @property
    def path(self) -> str:
        """Folder of this analysis within the results."""
        *names, knn, q = self
        return "/".join((*map(str, names), f"knn{knn}", f"q{q}"))

    @classmethod
    def of(cls, path: str) -> tuple["Analysis", str]:
        """Tell which analysis and class a result ``.../q32/<stage>/<class>.zarr.zip`` belongs to."""
        *_, corpus, model, composite, representation, metric, knn, q, _, file = path.split("/")
        analysis = cls(
            corpus,
            model,
            composite,
            representation,
            metric,
            int(knn.removeprefix("knn")),
            int(q.removeprefix("q")),
        )
        return analysis, file.removesuffix(".zarr.zip")
