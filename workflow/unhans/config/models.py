"""The whole configuration; each room has its sections in a module of its own."""

import json
from collections.abc import Mapping
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from unhans.choices import metric_choice
from unhans.config import representations
from unhans.config.artefacts import (
    AcceptedResponse,
    CandidateResponse,
    Hosts,
    PlantedResponse,
    Transplant,
)
from unhans.config.attribution import Attribution
from unhans.config.benchmark import Detection, DetectionPhotographs
from unhans.config.correction import Correction, Unhansing
from unhans.config.detection import Findings, GroupSearch
from unhans.config.execution import Execution
from unhans.config.features import Neurons, Sensitivity
from unhans.config.fields import FolderName, Name, Section
from unhans.config.images import Corpus, Digits
from unhans.config.networks import Model, Trained
from unhans.config.paper import Barycentre, Paper, Tables, Toy
from unhans.config.probes import Duplicates, Interventions, Predictability, Properties
from unhans.config.reporting import Explorer, Figures, Ranking
from unhans.config.restoration import Restoration
from unhans.config.spray import (
    Affinity,
    Audit,
    ClassSample,
    Clustering,
    Distance,
    Embedding,
    Interval,
    Projection,
    Step,
    TauNull,
)
from unhans.paths import Analysis

RESERVED = (
    *("benchmarks", "detection", "detection_photographs", "explorer", "fiftyone", "logs", "paper"),
    *("sheets", "tables", "virelay"),
)
"""Folders beside those of the corpora."""

NAME_MAX = 255
"""Bytes of the longest name of a file or folder that Linux takes."""


def _results(path: str) -> str:
    """Refuse a folder whose name is longer than file systems take."""
    longest = max(len(part.encode()) for part in path.split("/"))
    if longest > NAME_MAX:
        raise ValueError(f"a name of {longest} bytes; expected at most {NAME_MAX}")
    return path.rstrip("/")


class Config(Section):
    """All settings of a run.

    Lists (representations, metrics, knn, q, composites, corpora, models) span a grid of analyses
    that share every result which they have in common.
    """

    results: Annotated[str, AfterValidator(_results)] = Field(
        "results",
        pattern=r"^[^{}<>\x00-\x1f]*[^{}<>/\x00-\x1f]/*$",
        max_length=1000,
        description="Folder of all results.",
    )
    corpus: dict[Name, Corpus] = Field(min_length=1, description="Corpora by name.")
    model: dict[FolderName, Model] = Field(min_length=1, description="Networks by name.")
    attribution: Attribution = Field(default_factory=Attribution)
    preprocessing: dict[FolderName, tuple[Step, ...]] = Field(
        default={"none": ()},
        min_length=1,
        description="Representations by name, each a list of steps; an empty list compares the "
        "heatmaps as they are (the paper's choice).",
    )
    class_sample: ClassSample = Field(default_factory=ClassSample)
    distance: Distance = Field(default_factory=Distance)
    affinity: Affinity = Field(default_factory=Affinity)
    embedding: Embedding = Field(default_factory=Embedding)
    clustering: Clustering = Field(default_factory=Clustering)
    interval: Interval = Field(default_factory=Interval)
    tau_null: TauNull = Field(default_factory=TauNull)
    ranking: Ranking = Field(default_factory=Ranking)
    projection: Projection = Field(default_factory=Projection)
    hosts: Hosts = Field(default_factory=Hosts)
    transplant: Transplant = Field(default_factory=Transplant)
    planted_response: PlantedResponse = Field(default_factory=PlantedResponse)
    candidate_response: CandidateResponse = Field(default_factory=CandidateResponse)
    properties: Properties = Field(default_factory=Properties)
    predictability: Predictability = Field(default_factory=Predictability)
    duplicates: Duplicates = Field(default_factory=Duplicates)
    audit: Audit = Field(default_factory=Audit)
    detection: Detection = Field(default_factory=Detection)
    detection_photographs: DetectionPhotographs = Field(default_factory=DetectionPhotographs)
    group_search: GroupSearch = Field(default_factory=GroupSearch)
    findings: Findings = Field(default_factory=Findings)
    interventions: Interventions = Field(default_factory=Interventions)
    accepted_response: AcceptedResponse = Field(default_factory=AcceptedResponse)
    correction: Correction = Field(default_factory=Correction)
    unhansing: Unhansing = Field(default_factory=Unhansing)
    neurons: Neurons = Field(default_factory=Neurons)
    sensitivity: Sensitivity = Field(default_factory=Sensitivity)
    restoration: Restoration = Field(default_factory=Restoration)
    execution: Execution = Field(default_factory=Execution)
    figures: Figures = Field(default_factory=Figures)
    explorer: Explorer = Field(default_factory=Explorer)
    tables: Tables = Field(default_factory=Tables)
    toy: Toy = Field(default_factory=Toy)
    barycentre: Barycentre = Field(default_factory=Barycentre)
    paper: Paper = Field(default_factory=Paper)

    @model_validator(mode="before")
    @classmethod
    def _add_the_grid(cls, value: Any) -> Any:
        """Make corpora of the grid's conditions, beside those that are named."""
        for name in ("detection", "detection_photographs") if isinstance(value, Mapping) else ():
            if isinstance(value.get(name), Mapping):
                value = {**value, "corpus": _with_grid(value, name)}
        return value

    @model_validator(mode="after")
    def _check_distances_and_corpora(self) -> "Config":
        _check_neighbours(self)
        kept = [self.layers_of(name) for name in self.corpus]
        layers = next((one for one in kept if not one), kept[0] if kept else ())
        representations.check(self.preprocessing, layers, self.distance.metrics)
        for name in self.corpus:
            _check_corpus(self, name)
        return self

    def layers_of(self, corpus: str) -> Literal["auto"] | tuple[str, ...]:
        """Choose the layers that are kept of the networks that explain a corpus.

        Parameters
        ----------
        corpus : str
            Name of a corpus.

        Returns
        -------
        tuple of str, or "auto"
            None of digits, where layers of networks for photographs alone are kept.
        """
        layers = self.attribution.layers
        if layers == "photographs":
            return () if isinstance(self.corpus[corpus], Digits) else "auto"
        return layers

    @property
    def n_candidates(self) -> int:
        """Others that each image is compared with, where a metric looks for near pairs."""
        if self.distance.n_candidates == "auto":
            return max(20, 2 * max(self.affinity.knn))
        return self.distance.n_candidates

    def models_of(self, corpus: str) -> list[str]:
        """Name the networks that explain a corpus: those trained here explain digits alone.

        Parameters
        ----------
        corpus : str
            Name of a corpus.

        Returns
        -------
        list of str
        """
        digits = isinstance(self.corpus[corpus], Digits)
        return [name for name, model in self.model.items() if isinstance(model, Trained) == digits]

    def analyses(self) -> list[Analysis]:
        """List the grid of analyses: the product of everything that is listed.

        Returns
        -------
        list of Analysis
            Corpora vary slowest, q fastest. A metric is left out with representations that it does not
            compare.
        """
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
            if representations.fits(self.preprocessing[values[2]], values[3])
        ]

    def plain(self) -> dict[str, Any]:
        """Return everything as plain JSON values.

        Returns
        -------
        dict
            By section, with the keys of the file.
        """
        plain: dict[str, Any] = json.loads(self.model_dump_json(by_alias=True))
        return plain


def _check_neighbours(config: Config) -> None:
    """Refuse more neighbours than a metric compares."""
    most = max(config.affinity.knn)
    if config.n_candidates < most and any(
        "n_candidates" in metric_choice(m).options for m in config.distance.metrics
    ):
        raise ValueError(
            f"distance.n_candidates = {config.n_candidates} images are compared with each; "
            f"expected at least affinity.knn = {most}, better twice as many, or auto"
        )


def _with_grid(value: Mapping[str, Any], section: str) -> Any:
    """Corpora that are named, and those of a grid."""
    grid = Detection if section == "detection" else DetectionPhotographs
    named = value.get("corpus")
    try:
        own = grid.model_validate(value[section]).corpora()
    except ValidationError:
        return named  # its errors are reported at their own keys
    return {**(named if isinstance(named, Mapping) else {}), **own}


def trains_on(config: Config, corpus: str) -> bool:
    """Whether a network is trained on a corpus, and with it on all of its classes.

    Parameters
    ----------
    config : Config
        Of the run.
    corpus : str
        Name of a corpus.

    Returns
    -------
    bool
    """
    models = [config.model[name] for name in config.models_of(corpus)]
    return any(isinstance(one, Trained) or one.fine_tuning is not None for one in models)


def _check_size(config: Config, name: str, per_class: int | None) -> None:
    """Refuse more clusters, or eigenvectors, than the images of a class allow."""
    if per_class is None or config.ranking.small_classes != "unranked":
        return
    asked = {
        "clustering.k_max": (config.clustering.k_max, "clusters"),
        "embedding.q": (max(config.embedding.q), "eigenvectors"),
    }
    for key, (number, what) in asked.items():
        if per_class <= number:
            raise ValueError(
                f"corpus.{name}.per_class = {per_class} images cannot be put into "
                f"{key} = {number} {what}; expected more images"
            )


def _check_splits(config: Config, name: str) -> None:
    """Refuse a corpus that has none of the splits that interventions change, and splits of no corpus."""
    asked = config.interventions.splits
    own = {one: tuple(getattr(config.corpus[one], "splits", None) or ()) for one in config.corpus}
    known = [split for splits in own.values() for split in splits]
    strangers = [split for split in asked if split not in known]
    if not asked or not known:
        return
    if strangers or (own[name] and not set(asked) & set(own[name])):
        wrong = strangers[0] if strangers else ", ".join(asked)
        raise ValueError(
            f"interventions.splits: {wrong}: corpus.{name} has no such split; expected some of "
            f"{', '.join(own[name] or known)}"
        )


def _check_corpus(config: Config, name: str) -> None:
    _check_splits(config, name)
    corpus = config.corpus[name]
    if name in RESERVED or "." in name:
        raise ValueError(f"corpus '{name}': the name is reserved for the results; choose another")
    knn = max(config.affinity.knn)
    if corpus.per_class is not None and knn >= corpus.per_class:
        raise ValueError(
            f"affinity.knn = {knn} neighbours cannot be found among "
            f"corpus.{name}.per_class = {corpus.per_class} images; expected at most "
            f"{corpus.per_class - 1}"
        )
    _check_size(config, name, corpus.per_class)
    if not config.models_of(name):
        wanted = "small_vgg" if isinstance(corpus, Digits) else "a network for photographs"
        raise ValueError(
            f"model: no configured model can explain corpus '{name}'; expected {wanted}"
        )
