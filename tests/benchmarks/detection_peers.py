"""Detectors of others on the conditions of a detection grid that has been run.

    python -m pip install --no-deps --target build/peers shortkit-ml==0.1.0
    python tests/benchmarks/detection_peers.py results/detection_published --shortkit build/peers

Both peers get the heatmaps that the workflow stored, class by class, and are held against the same truth
by the same code (`unhans.benchmark.detection.summary`):

- CoRelAy 1.0: euclidean distances, graph of 10 neighbours, its eigenvectors with its own defaults and
  with the right end of the spectrum, k-means for k from 2 to 30; then our tau.
- SpRAyDetector of shortkit-ml 0.1.0 with its defaults. It reports whether a class has a shortcut, and the
  silhouette of its clusters: both are used as scores, and its smallest cluster as the group it finds. Its
  package asks for older releases of NumPy and torch than ours, so its files lie in a folder of their own
  and run on ours.
"""

import argparse
import sys
import warnings
from pathlib import Path

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported

import numpy as np
import pandas as pd
from tqdm import tqdm

from unhans.benchmark import detection
from unhans.io import store, tsv
from unhans.spray import separability

PEERS = {
    "corelay": ("corelay_tau", "corelay_tau_right_end"),
    "shortkit": ("shortkit_flag", "shortkit_silhouette"),
}
"""Scores of each: the first takes some eight seconds a class of 200 images, the second a tenth of one."""
KNN, Q, KS = 10, 32, range(2, 31)


def corelay(heatmaps):
    """Return tau of CoRelAy's clusterings, with its defaults and with the right eigenvectors."""
    from corelay.processor.affinity import SparseKNN
    from corelay.processor.clustering import KMeans
    from corelay.processor.distance import SciPyPDist
    from corelay.processor.embedding import EigenDecomposition
    from corelay.processor.laplacian import SymmetricNormalLaplacian

    distances = SciPyPDist(metric="euclidean")(heatmaps.reshape(len(heatmaps), -1))
    operator = SymmetricNormalLaplacian()(SparseKNN(n_neighbors=KNN, symmetric=True)(distances))
    taus = []
    for options in ({}, {"which": "LA", "normalize": False}):
        _, points = EigenDecomposition(n_eigval=Q, **options)(operator)
        labels = np.stack(
            [KMeans(n_clusters=k, kwargs={"n_init": 10, "random_state": 0})(points) for k in KS]
        )
        taus.append(separability.tau(points, labels))
    return taus


def shortkit(heatmaps, marked):
    """Whether SpRAyDetector flags the class, its silhouette, and F1 of its smallest cluster."""
    from shortcut_detect.xai.spray_detector import SpRAyDetector

    found = SpRAyDetector().fit(heatmaps=heatmaps, labels=np.zeros(len(heatmaps), int))
    sizes = np.bincount(found.cluster_labels_)
    smallest = found.cluster_labels_ == np.argmin(np.where(sizes > 0, sizes, len(heatmaps) + 1))
    silhouette = found.get_report()["metrics"]["silhouette"]
    return float(found.shortcut_detected_), silhouette, detection.f1(smallest, marked)


def scored(row, results, peers):
    """Scores of the chosen peers for one class of one condition."""
    folder = Path(results, row["corpus"], row["model"], row["composite"], "attribution")
    kept = store.read(folder / f"{row['class']}.zarr.zip", ["heatmap", "artefact"])
    heatmaps, marked = kept["heatmap"].astype(np.float64), kept["artefact"] > 0
    found = dict(row)
    if "corelay" in peers:
        found |= dict(zip(PEERS["corelay"], corelay(heatmaps), strict=True))
    if "shortkit" in peers:
        *scores, found["shortkit_f1"] = shortkit(heatmaps, marked)
        found |= dict(zip(PEERS["shortkit"], scores, strict=True))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", help="folder of a grid that has been run")
    parser.add_argument("--shortkit", default="build/peers", help="where shortkit-ml lies")
    parser.add_argument("--kinds", nargs="*", help="of artefacts; all by default")
    parser.add_argument("--seeds", type=int, default=10, help="conditions a kind and rate at most")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    options = parser.parse_args()
    sys.path.insert(0, options.shortkit)
    warnings.filterwarnings("ignore")
    table = tsv.read_tsv(f"{options.results}/detection/classes.tsv")
    table["planted"] = table["planted"] == "True"  # elsewhere a column of kinds, read as text
    # The peers know no metric of ours: one analysis of each condition is enough to tell the truth.
    table = table[table["metric"] == table["metric"].iloc[0]]
    table = table[table["seed"].isin(sorted(set(table["seed"]))[: options.seeds])]
    if options.kinds:
        table = table[table["kind"].isin([*options.kinds, detection.CLEAN])]
    bar = tqdm(table.to_dict("records"), mininterval=30)
    found = pd.DataFrame([scored(row, options.results, options.peers) for row in bar])
    scores = [score for peer in options.peers for score in PEERS[peer]]
    summary = detection.summary(found, ("tau", "score", *scores))
    columns = ["kind", "rate", "score", "seeds", "auc", "auc_low", "auc_high"]
    print(summary[columns].to_string(index=False))
    if "shortkit" in options.peers:
        used = found.loc[found["planted"] & (found["response"] >= detection.USED), "shortkit_f1"]
        clean = found.loc[found["kind"] == detection.CLEAN, "shortkit_flag"]
        print(f"F1 of SpRAyDetector's smallest cluster, {len(used)} classes: {used.mean():.2f}")
        print(f"of {len(clean)} clean classes SpRAyDetector flags {clean.mean():.1%}")


if __name__ == "__main__":
    main()
