"""One class from stored heatmaps to tau: unhans beside CoRelAy, in one run.

    python tests/benchmarks/corelay_class.py                 one thread each, three runs each
    python tests/benchmarks/corelay_class.py --threads 2     two threads each

Both peers read the same seeded heatmaps, unhans from its store and CoRelAy from an uncompressed
HDF5 file, and go by euclidean distances, the graph of 10 nearest neighbours, its normalised
Laplacian, 32 eigenvectors, and k-means with ten starts for each k from 2 to 30 to tau (which unhans
computes for both). CoRelAy is set to take the algebraically largest eigenvalues and not to
normalise: with its defaults the two would cluster different points.

Every run is a process of its own, so that its peak memory is its own. The process that starts them
stays small, and lets another make the heatmaps: on Linux a child's peak starts at its parent's.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

KNN, Q, KS, N_INIT, SEED = 10, 32, range(2, 31), 10, 0
STEPS = ("read", "distance", "affinity", "laplacian", "spectral", "kmeans", "tau")
POOLS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA", "BLOSC")
"""Libraries whose number of threads is pinned."""


class Meter:
    """Seconds of each step, and the peak memory of the process after it in MB."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.peak: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - start
        self.peak[step] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def make(folder: Path, n: int, size: int) -> None:
    """Write ``n`` heatmaps of six strategies, for each peer in its own format."""
    import h5py
    import numpy as np

    from unhans.io import store

    rng = np.random.default_rng(SEED)
    places = rng.uniform(0.2, 0.8, (6, 3, 2))  # two spots of relevance a strategy, one against it
    signs = np.array([1.0, 0.7, -0.4])
    axis = np.linspace(0, 1, size)
    heatmaps = np.empty((n, size, size), dtype=np.float32)
    for heatmap, strategy in zip(heatmaps, rng.integers(6, size=n), strict=True):
        rows, columns = (places[strategy] + rng.normal(0, 0.03, (3, 2))).T
        heights = signs * rng.lognormal(0, 0.3, 3)
        blobs = np.exp(-((axis - np.stack([rows, columns])[..., None]) ** 2) / 0.01)
        relevance = np.einsum("b,br,bc->rc", heights, *blobs)
        heatmap[:] = relevance * rng.lognormal(0, 0.5, relevance.shape)
        heatmap += rng.normal(0, 0.02, relevance.shape)
    recipe = store.Recipe("attribution", {"seed": SEED}, "benchmark")
    store.write(folder / "class.zarr.zip", {"heatmaps": heatmaps}, recipe)
    with h5py.File(folder / "class.h5", "w") as file:
        file["attribution"] = heatmaps


def unhans(folder: Path, meter: Meter) -> tuple[Any, float]:
    """Return the graph and tau by this project."""
    with meter("import"):
        from unhans.io import store
        from unhans.spray import affinity, clustering, embedding, laplacian, pairwise, separability
    with meter("read"):
        heatmaps = store.read(folder / "class.zarr.zip", ["heatmaps"])["heatmaps"]
    with meter("distance"):
        distances = pairwise.pairwise(heatmaps, "euclidean")
    with meter("affinity"):
        graph = affinity.knn_affinity(distances, KNN)
    with meter("laplacian"):
        operator = laplacian.symmetric_normalized(graph)
    with meter("spectral"):
        _, points = embedding.spectral(operator, Q, SEED)
    with meter("kmeans"):
        labels = clustering.kmeans(points, KS, SEED, N_INIT)
    with meter("tau"):
        tau = separability.tau(points, labels)
    return graph, tau


def corelay(folder: Path, meter: Meter) -> tuple[Any, float]:
    """Return the graph and tau by CoRelAy's processors, in the order of its SpectralClustering."""
    with meter("import"):
        import h5py
        from corelay.processor.affinity import SparseKNN
        from corelay.processor.clustering import KMeans
        from corelay.processor.distance import SciPyPDist
        from corelay.processor.embedding import EigenDecomposition
        from corelay.processor.laplacian import SymmetricNormalLaplacian

        from unhans.spray import separability
    with meter("read"), h5py.File(folder / "class.h5", "r") as file:
        heatmaps = file["attribution"][:]
    with meter("distance"):
        distances = SciPyPDist(metric="euclidean")(heatmaps.reshape(len(heatmaps), -1))
    with meter("affinity"):
        graph = SparseKNN(n_neighbors=KNN, symmetric=True)(distances)
    with meter("laplacian"):
        operator = SymmetricNormalLaplacian()(graph)
    with meter("spectral"):
        _, points = EigenDecomposition(n_eigval=Q, which="LA", normalize=False)(operator)
    with meter("kmeans"):
        options = {"n_init": N_INIT, "random_state": SEED}
        labels = [KMeans(n_clusters=k, kwargs=options)(points) for k in KS]
    with meter("tau"):
        tau = separability.tau(points, labels)
    return graph, tau


PEERS: dict[str, Callable[[Path, Meter], tuple[Any, float]]] = {
    "unhans": unhans,
    "corelay": corelay,
}


def child(peer: str, folder: Path) -> None:
    """Run one peer once; leave its graph in ``folder`` and print the rest as JSON."""
    meter = Meter()
    graph, tau = PEERS[peer](folder, meter)

    from scipy import sparse

    sparse.save_npz(folder / f"{peer}.npz", sparse.csr_array(graph))
    print(json.dumps({"seconds": meter.seconds, "peak": meter.peak, "score": tau}))


def run(threads: int, *arguments: object) -> tuple[str, float]:
    """Start this file again in a process of its own: what it printed, and its seconds in all."""
    environment = os.environ | {f"{pool}_NUM_THREADS": str(threads) for pool in POOLS}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout, time.perf_counter() - start


def measure(peer: str, threads: int, folder: Path) -> dict[str, float]:
    """Figures of one run of one peer: seconds a step, from read to tau and in all, MB, tau."""
    output, wall = run(threads, "--child", peer, "--folder", folder)
    found = json.loads(output)
    seconds, peak = found["seconds"], found["peak"]
    return {
        **seconds,
        "read to tau": sum(seconds[step] for step in STEPS),
        "process": wall,
        "imports MB": peak["import"],
        "peak MB": peak["tau"],
        "score": found["score"],
    }


def agreement(folder: Path) -> str:
    """Tell how many edges the two graphs share."""
    from scipy import sparse

    ours, theirs = (sparse.load_npz(folder / f"{peer}.npz") for peer in PEERS)
    differing = int((ours != theirs).nnz)
    return (
        f"{differing} of {ours.nnz} entries differ" if differing else f"equal ({ours.nnz} entries)"
    )


def report(figures: dict[str, list[dict[str, float]]]) -> None:
    """Print every run, the medians, and CoRelAy's median over ours."""
    runs = range(len(figures["unhans"]))
    heads = [f"{peer} {number + 1}" for peer in PEERS for number in runs]
    print(f"{'':12}" + "".join(f"{head:>11}" for head in [*heads, *PEERS, "ratio"]))
    for name in ("import", *STEPS, "read to tau", "process", "imports MB", "peak MB"):
        values = [figures[peer][number][name] for peer in PEERS for number in runs]
        ours, theirs = (median(run[name] for run in figures[peer]) for peer in PEERS)
        digits = 0 if name.endswith("MB") else 3
        cells = "".join(f"{value:11.{digits}f}" for value in [*values, ours, theirs])
        print(f"{name:12}{cells}{theirs / ours:11.2f}")
    for peer in PEERS:
        print(f"tau {peer}: " + ", ".join(f"{run['score']:.6f}" for run in figures[peer]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=1300, help="heatmaps of the class (1300)")
    parser.add_argument("--size", type=int, default=224, help="pixels along each side (224)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each peer, alternating (3)")
    parser.add_argument("--threads", type=int, default=1, help="threads of each peer (1)")
    parser.add_argument("--child", choices=["make", *PEERS], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child == "make":
        return make(asked.folder, asked.n, asked.size)
    if asked.child:
        return child(asked.child, asked.folder)

    print(f"{asked.n} heatmaps of {asked.size} x {asked.size}, {asked.threads} thread(s) each,")
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(
            asked.threads,
            "--child",
            "make",
            "--folder",
            folder,
            "--n",
            asked.n,
            "--size",
            asked.size,
        )
        figures: dict[str, list[dict[str, float]]] = {peer: [] for peer in PEERS}
        for _ in range(asked.runs):
            for peer, found in figures.items():
                found.append(measure(peer, asked.threads, folder))
        report(figures)
        print(f"graphs: {agreement(folder)}")
    return None


if __name__ == "__main__":
    main()
