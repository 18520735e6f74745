"""SpRAy: the steps of Algorithm 1."""

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from unhans.choices import METRICS, STEP_VALUES, DisplayName, is_own_metric, spelled_out
from unhans.config.fields import AutoOrCount, Section, Seed, Swept

Layer = Annotated[int, Field(ge=0)] | Annotated[str, Field(min_length=1, max_length=200)]
"""A layer that attribution keeps: its name, or its place among them from 0."""


class Step(Section):
    """One step of a representation; written as its name, or as ``{name: value}``."""

    step: Literal["sum_pool", "as_distribution", "unit_norm", "layer", "activations"] = Field(
        description="sum_pool: pool to `size` x `size` bins, sums preserved. as_distribution: "
        "positive part, unit mass. unit_norm: unit euclidean norm. As the first step, in the place of "
        "the heatmaps: layer: relevance of each channel of a layer, or activations: those of the "
        "layer at its most relevant positions, for the metric `local_features`; see "
        "docs/how-to/concepts.md."
    )
    size: int | None = Field(
        None, ge=1, le=10_000, description="Bins along each side (sum_pool only)."
    )
    layer: Layer | None = Field(
        None,
        description="Layer of `attribution.layers`, by name or by place from 0 (layer and "
        "activations only).",
    )

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        return spelled_out(value) if isinstance(value, str | Mapping) else value

    @model_validator(mode="after")
    def _check_value(self) -> "Step":
        key = STEP_VALUES.get(self.step)
        if key is not None and getattr(self, key) is None:
            example = {"size": 20, "layer": 0}[key]
            raise ValueError(f"{self.step} needs a {key}, as in {{{self.step}: {example}}}")
        if any(getattr(self, other) is not None for other in ("size", "layer") if other != key):
            raise ValueError(f"{self.step} takes no {'value' if key is None else 'other value'}")
        return self

    @property
    def starts_from_a_layer(self) -> bool:
        """Whether it takes the place of the heatmaps."""
        return STEP_VALUES.get(self.step) == "layer"

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """Describe the short forms too."""
        full = handler.resolve_ref_schema(handler(core))
        short = [
            {
                "type": "object",
                "required": [name],
                "additionalProperties": False,
                "properties": {
                    name: {"type": "integer", "minimum": 1}
                    if key == "size"
                    else {"type": ["integer", "string"], "minimum": 0, "minLength": 1}
                },
            }
            for name, key in STEP_VALUES.items()
        ]
        return {"anyOf": [{"enum": ["as_distribution", "unit_norm"]}, *short, dict(full)]}


OWN_METRIC = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*[.:][A-Za-z_]\w*"
"""A function of a user's own: ``package.module:function``."""


def _known_metric(name: str) -> str:
    """Check the name of a metric; that of a user's own names folders, and has no colon there."""
    if name in METRICS:
        return name
    own = name.replace(":", ".")
    if re.fullmatch(OWN_METRIC, name) and is_own_metric(own):
        return own
    near = difflib.get_close_matches(name, METRICS, n=1, cutoff=0.5)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    raise ValueError(
        f"unknown metric '{name}'{hint}; expected one of {', '.join(METRICS)}, or "
        "package.module:function"
    )


Metric = Annotated[
    str,
    AfterValidator(_known_metric),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(METRICS)},
                {"type": "string", "pattern": f"^{OWN_METRIC}$"},
            ]
        }
    ),
]
"""A metric by its name, or a function of a user's own."""


class Distance(Section):
    """Pairwise distances between heatmaps."""

    metrics: Swept[Metric] = Field(
        ("euclidean",),
        description="euclidean; hellinger (maps as distributions of positive relevance); cosine; "
        "local_features (of activations of a layer, see docs/how-to/concepts.md); or optimal "
        "transport: wasserstein, gromov_wasserstein and their other rungs, see docs/how-to/transport.md. "
        "`package.module:function` names a function of your own, see docs/how-to/metric.md.",
    )
    n_candidates: AutoOrCount = Field(
        "auto",
        description="Others that each image is compared with exactly, where a metric looks for near "
        "pairs; no knn may exceed it. auto: twice the largest knn, at least 20.",
    )
    mass_fraction: float = Field(
        0.99, gt=0, le=1, description="Fraction of the relevance whose pixels are transported."
    )
    sign: Literal["positive", "negative", "both"] = Field(
        "positive",
        description="Relevance that is transported: positive (for the class), negative (against it), or "
        "both (the root of the sum of the two squared distances).",
    )
    p: Literal[1, 2] = Field(2, description="Wasserstein: the order p of W_p.")
    normalise: bool = Field(
        False,
        description="Gromov-Wasserstein: scale maps to one size, so that size does not count.",
    )
    n_atoms: int | None = Field(
        None,
        ge=4,
        le=256,
        description="Gromov-Wasserstein: atoms per map. Default: 32 for candidate search, 64 where all "
        "pairs are compared by atoms.",
    )
    max_points: int = Field(
        256,
        ge=0,
        le=4000,
        description="Gromov-Wasserstein: most points up to which near maps are compared by all of their "
        "points; classes with larger maps are compared by 128 atoms per map. 600 points take a third "
        "of a second a pair.",
    )
    thorough: bool = Field(
        False,
        description="Gromov-Wasserstein: improve plans of near maps to the end, and from the starts of "
        "POT's solver and of the reference too, so that no value is above theirs.",
    )
    device: str = Field(
        "cpu",
        pattern=r"^(cpu|cuda(:\d+)?)$",
        description="Gromov-Wasserstein: where atoms are matched, and local_features: where cosines are "
        "computed: cpu, cuda or cuda:1.",
    )


class ClassSample(Section):
    """Images of several classes, which those of each other class are compared with.

    By the metric local_features and, where layers are kept, by the search for groups.
    """

    images: int = Field(
        1024,
        ge=1,
        description="Images in all, as many of each class. Those of the class itself are left out.",
    )
    classes: int = Field(
        64,
        ge=2,
        description="Most classes. They are chosen by a digest of their names, so that one more hardly "
        "ever changes the choice.",
    )
    seed: Seed = Field(0, description="Seed of the choice and of the draw.")


class Affinity(Section):
    """The graph of nearest neighbours."""

    knn: Swept[Annotated[int, Field(ge=1)]] = Field(
        (10,), description="Nearest neighbours of each image."
    )


class Embedding(Section):
    """The spectral embedding."""

    q: Swept[Annotated[int, Field(ge=2)]] = Field(
        (32,), description="Eigenvectors kept, those of the smallest eigenvalues."
    )
    seed: Seed = Field(0, description="Seed of the Lanczos iteration's start vector.")


class Clustering(Section):
    """k-means on the spectral embedding, once for every k of a range."""

    k_min: int = Field(2, ge=2, description="Smallest number of clusters.")
    k_max: int = Field(30, ge=2, description="Largest number of clusters.")
    n_init: int = Field(
        10, ge=1, le=10_000, description="Starts of each clustering; the best result is kept."
    )
    seed: Seed = Field(0, description="Seed of the starts.")

    @model_validator(mode="after")
    def _check_range(self) -> "Clustering":
        if self.k_min > self.k_max:
            raise ValueError(f"k_min = {self.k_min} exceeds k_max = {self.k_max}")
        return self

    def ks(self) -> list[int]:
        """List the numbers of clusters.

        Returns
        -------
        list of int
        """
        return list(range(self.k_min, self.k_max + 1))


class Interval(Section):
    """How much tau of a class depends on its images and on the starts of k-means."""

    subsets: int = Field(
        12,
        ge=2,
        le=1000,
        description="Subsets of the images of a class (half of them, at most 300) that tau is "
        "computed of anew.",
    )
    seed: Seed = Field(0, description="Seed of the subsets and of their clusterings.")


class TauNull(Section):
    """Classes without structure, which tau of a class is held against."""

    draws: int = Field(
        39,
        ge=1,
        le=10000,
        description="Structureless classes for each size; tau_p is never below 1 / (draws + 1).",
    )
    seed: Seed = Field(0, description="Seed of their points.")


class Projection(Section):
    """The spectral embedding drawn in the plane; for display alone."""

    methods: Swept[DisplayName] = Field(
        ("umap", "tsne"), description="umap, tsne; figures show the first."
    )
    n_neighbors: int = Field(15, ge=2, description="UMAP: neighbours of each point.")
    min_dist: float = Field(0.1, ge=0, le=1, description="UMAP: least distance between points.")
    perplexity: float = Field(
        30.0, gt=0, le=1e6, description="t-SNE: effective neighbours of each point."
    )
    seed: Seed = Field(0, description="Seed of both methods.")


class Audit(Section):
    """Neighbours of optimal transport, held against a reference (`snakemake recall`)."""

    images: int = Field(
        20, ge=1, description="Images of a class that are compared with all others."
    )
    k: int = Field(10, ge=1, description="Recall is computed over this many nearest neighbours.")
    seed: Seed = Field(0, description="Seed that chooses the images.")
