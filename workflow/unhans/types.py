"""Types: names for the arrays that pass between the stages, and what all results have in common."""

from typing import Any, TypeAlias

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

Flags: TypeAlias = NDArray[np.bool_]
"""Which of n images belong to a group: (n,)."""

Parameters: TypeAlias = dict[str, Any]
"""Settings of a stage: plain JSON values with sorted keys."""

STORE_FORMAT = 3
"""Version of the layout of results; part of every rule's code, so that raising it re-runs all."""
