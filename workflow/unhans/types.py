"""Names for the arrays that pass between the stages, and for the choices that a config offers."""

from typing import Any, Literal, NamedTuple, TypeAlias

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

MetricName = Literal[
    "euclidean",
    "hellinger",
    "wasserstein",
    "wasserstein_certified",
    "sliced_wasserstein",
    "gromov_wasserstein",
    "gromov_wasserstein_fast",
    "gromov_wasserstein_matrix",
    "gromov_wasserstein_reference",
    "sliced_gromov_wasserstein",
]
_TRANSPORT = ("mass_fraction", "sign")
METRIC_OPTIONS: dict[str, tuple[str, ...]] = {
    "wasserstein": ("n_candidates", *_TRANSPORT, "p"),
    "wasserstein_certified": ("n_candidates", *_TRANSPORT, "p"),
    "sliced_wasserstein": (*_TRANSPORT, "p"),
    "gromov_wasserstein": (
        "n_candidates",
        *_TRANSPORT,
        "normalise",
        "n_atoms",
        "max_points",
        "thorough",
        "device",
    ),
    "gromov_wasserstein_fast": ("n_candidates", *_TRANSPORT, "normalise", "n_atoms", "device"),
    "gromov_wasserstein_matrix": (*_TRANSPORT, "normalise", "n_atoms", "device"),
    "gromov_wasserstein_reference": (*_TRANSPORT, "normalise"),
    "sliced_gromov_wasserstein": (*_TRANSPORT, "normalise", "n_atoms"),
}
"""What the config says of distances that each metric is told; the others are told nothing."""

EXACT, EIGHT_STARTS = "wasserstein_certified", "gromov_wasserstein_reference"
REFERENCES: dict[str, str] = {
    metric: EIGHT_STARTS if "gromov" in metric else EXACT
    for metric in METRIC_OPTIONS
    if metric not in (EXACT, EIGHT_STARTS)
}
"""The metric, of all pairs, that the neighbours of each are held against by an audit."""
RIVALS: dict[str, str] = {EIGHT_STARTS: "gromov_wasserstein"}
"""Metrics of other upper bounds, which an audit asks too where a reference proves no minimum."""

ArtefactKind = Literal[
    "corner", "border", "bar", "texture", "shift", "corners", "random_mark", "turned_mark"
]
Placement = Literal["fixed", "free", "whole", "overlay"]
"""How an artefact is put into images: at the same pixels, at a random place, added all over the image,
or added where its details are."""

CompositeName = Literal[
    "epsilon_plus_flat",
    "epsilon_plus",
    "epsilon_alpha2_beta1_flat",
    "epsilon_alpha2_beta1",
    "epsilon_gamma_box",
]
PRETRAINED = (
    "efficientnet_lite0",
    "alexnet",
    *("vgg11", "vgg13", "vgg16", "vgg19"),
    *("vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"),
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("densenet121", "densenet161", "densenet169", "densenet201"),
)
"""Networks for photographs that are known by name."""

DisplayName = Literal["umap", "tsne"]
EstimatorName = Literal["mean_difference", "ridge", "svm"]
MethodName = Literal[
    "fine_tuning",
    "cleaning",
    "cleaning_half",
    "p_clarc",
    "p_clarc_reactive",
    "a_clarc",
    "a_clarc_half",
]
"""Ways to cure a network of an artefact."""

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
