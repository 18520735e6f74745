"""Does the rank of a class follow its size? Classes of one corpus, cut to sizes that are dealt at random.

    python tests/benchmarks/unbalanced.py results/imagenette/.../epsilon_plus_flat/attribution
        [--sizes 40 950] [--q 32] [--k-max 30] [--deals 12]

Sizes lie in geometric steps between the two. Each deal gives them to the classes in random order and
takes random images of each; classes that are too small for q and k have no rank and are left out. The
table has Spearman's correlation of tau and of n tau with the number of images, and of n tau with tau of
the same classes at the greatest size: mean and standard deviation over the deals. Beside it stands what
no correction for size can exceed: the same for random images of one size, the middle of the sizes.
"""

import argparse
from pathlib import Path

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from tqdm import tqdm

from unhans.io import store
from unhans.spray.affinity import knn_affinity
from unhans.spray.class_size import images_needed
from unhans.spray.clustering import kmeans
from unhans.spray.distance import euclidean
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized
from unhans.spray.preprocessing import represent
from unhans.spray.separability import tau
from unhans.types import Heatmaps

STEPS = ({"sum_pool": 20}, "unit_norm")
KNN = 10


def separability(maps: Heatmaps, q: int, k_max: int) -> float:
    """Tau of images, as the workflow computes it."""
    graph = knn_affinity(euclidean.pairwise(maps), KNN)
    _, embedding = spectral(symmetric_normalized(graph), q)
    return tau(embedding, kmeans(embedding, list(range(2, k_max + 1)), 0, 1))


class Trials:
    """Classes cut to sizes."""

    def __init__(self, classes: list[Heatmaps], q: int, k_max: int, seed: int) -> None:
        self.classes, self.q, self.k_max = classes, q, k_max
        self.random = np.random.default_rng(seed)

    def of_sizes(self, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Tau of random images of each class; NaN where they are too few."""
        needed = images_needed(self.q, self.k_max)
        found = np.full(len(sizes), np.nan)
        for at, (maps, size) in enumerate(zip(self.classes, sizes, strict=True)):
            if size >= needed:
                rows = self.random.choice(len(maps), size, replace=False)
                found[at] = separability(maps[rows], self.q, self.k_max)
        return found


def correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's, over classes that have both numbers."""
    known = np.isfinite(one) & np.isfinite(other)
    return float(spearmanr(one[known], other[known]).statistic)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("attribution", type=Path, help="folder with the heatmaps of each class")
    parser.add_argument("--sizes", type=int, nargs=2, default=(40, 950))
    parser.add_argument("--q", type=int, default=32)
    parser.add_argument("--k-max", type=int, default=30)
    parser.add_argument("--deals", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    paths = sorted(asked.attribution.glob("*.zarr.zip"))
    classes = [represent(store.read(path)["heatmap"], STEPS) for path in paths]
    sizes = np.rint(np.geomspace(*asked.sizes, len(classes))).astype(np.int64)
    most = min(int(sizes[-1]), *(len(maps) for maps in classes))
    trials = Trials(classes, asked.q, asked.k_max, asked.seed)
    whole = trials.of_sizes(np.full(len(classes), most))
    rows = []
    for _ in tqdm(range(asked.deals), unit="deal", delay=5, mininterval=5):
        dealt = trials.random.permutation(sizes).clip(max=most)
        found = trials.of_sizes(dealt)
        middle = np.full(len(classes), int(np.median(dealt[np.isfinite(found)])))
        rows.append(
            [
                correlation(found, dealt.astype(float)),
                correlation(found * dealt, dealt.astype(float)),
                correlation(found * dealt, whole),
                correlation(trials.of_sizes(middle), whole),
            ]
        )
    ranked = int((sizes >= images_needed(asked.q, asked.k_max)).sum())
    print(
        f"{len(classes)} classes, {ranked} of them ranked, {asked.deals} deals, sizes {sizes.tolist()}"
    )
    print(f"tau at {most} images: {whole.min():.2f} to {whole.max():.2f}")
    print(
        "| tau and size | n tau and size | n tau and tau at full size | of one size, and at full size |"
    )
    print("| --- | --- | --- | --- |")
    cells = zip(np.mean(rows, axis=0), np.std(rows, axis=0), strict=True)
    print("| " + " | ".join(f"{mean:.2f} ± {spread:.2f}" for mean, spread in cells) + " |")


if __name__ == "__main__":
    main()
