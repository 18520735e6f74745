"""Benchmark: a grid of planted corpora."""

import os
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from unhans.choices import ArtefactKind, PhotoMark
from unhans.config.benchmark_grid import Condition, conditions
from unhans.config.fields import Listed, Name, Section, Seed
from unhans.config.photo_grid import PhotoCondition, photo_conditions


class Detection(Section):
    """A grid of planted corpora to detect artefacts in (`snakemake detection_benchmark`).

    Each combination of the lists is one corpus of digits, named by its condition.
    """

    kinds: Listed[ArtefactKind] = Field((), description="Artefacts; an empty list means no grid.")
    rates: Listed[Annotated[float, Field(gt=0, le=1)]] = Field(
        (0.05, 0.25), description="Shares of a poisoned class's images that are marked."
    )
    poisoned: Listed[Annotated[int, Field(ge=1, le=9)]] = Field(
        (2,), description="Number of poisoned classes; the seed selects them."
    )
    difficulties: Listed[Literal["plain", "hard"]] = Field(
        ("plain",),
        description="plain: the digits as they are. hard: 200 per class, blurred and noisy, so that a "
        "shortcut pays.",
    )
    seeds: Listed[Seed] = Field((0,), description="Seeds of everything random in a corpus.")
    clean_seeds: Listed[Seed] = Field((), description="Seeds of corpora without artefacts.")

    def conditions(self) -> dict[str, Condition]:
        """Corpora of the grid by name.

        Returns
        -------
        dict of str to Condition
            By the name of the corpus; empty without a grid.
        """
        own = conditions(
            *(self.kinds, self.rates, self.poisoned, self.difficulties, self.seeds),
            clean_seeds=self.clean_seeds,
        )
        return {condition.name: condition for condition in own}

    def corpora(self) -> dict[str, dict[str, Any]]:
        """Sections of the corpora of the grid, by name.

        Returns
        -------
        dict of str to dict
        """
        return {name: condition.corpus() for name, condition in self.conditions().items()}


class DetectionPhotographs(Section):
    """A grid of corpora of photographs, with marks planted (`snakemake detection_photographs`).

    All corpora are of the same folder of photographs. Without it the benchmark is skipped.
    """

    root: str | None = Field(
        None,
        min_length=1,
        description="Folder of the photographs, `root/<split>/<class>/*`; `~` and `$VARIABLES` are "
        "filled in.",
    )
    splits: Listed[str] = Field(("train",), description="Splits to take, folders within the root.")
    classes: Listed[Name] = Field(
        (),
        description="Folders of the classes that are analysed, of which some are marked. Networks are "
        "trained on all classes of the root.",
    )
    per_class: int = Field(250, ge=10, description="At most this many images of each class.")
    kinds: Listed[PhotoMark] = Field((), description="Marks; an empty list means no grid.")
    rates: Listed[Annotated[float, Field(gt=0, le=1)]] = Field(
        (0.05, 0.2), description="Shares of a marked class's images that are marked."
    )
    poisoned: Listed[Annotated[int, Field(ge=1, le=2)]] = Field(
        (2,),
        description="Number of marked classes of a network, each with another mark; the seed selects "
        "classes and marks.",
    )
    shared: Listed[PhotoMark] = Field(
        (),
        description="Marks that two classes of a network bear, each mark in a network of its own.",
    )
    seeds: Listed[Seed] = Field((0,), description="Seeds of everything random in a corpus.")
    clean_seeds: Listed[Seed] = Field((), description="Seeds of corpora without marks.")

    @model_validator(mode="after")
    def _check_classes(self) -> "DetectionPhotographs":
        marked = max((condition.poisoned for condition in self._listed), default=0)
        given, least = len(set(self.classes)), max(2, marked + 1)
        if self.root is not None and self._listed and given < least:
            raise ValueError(
                f"classes: {given} classes, of which {marked} would be marked; expected {least} or more"
            )
        return self

    @property
    def skipped(self) -> str:
        """Why there is nothing to do; empty where there is."""
        if self.root is None:
            return "detection_photographs.root is not set; expected a folder of photographs"
        if not os.path.isdir(self._folder):
            return f"detection_photographs.root: {self.root}: no such folder on this machine"
        return "" if self._listed else "detection_photographs.kinds is empty; expected marks"

    @property
    def _folder(self) -> str:
        return os.path.expandvars(os.path.expanduser(self.root or ""))

    @property
    def _listed(self) -> list[PhotoCondition]:
        return list(
            photo_conditions(
                *(self.kinds, self.rates, self.poisoned),
                shared=self.shared,
                seeds=self.seeds,
                clean_seeds=self.clean_seeds,
            )
        )

    def conditions(self) -> dict[str, PhotoCondition]:
        """Corpora of the grid by name.

        Returns
        -------
        dict of str to PhotoCondition
            By the name of the corpus; empty where the benchmark is skipped.
        """
        return {} if self.skipped else {condition.name: condition for condition in self._listed}

    def corpora(self) -> dict[str, dict[str, Any]]:
        """Sections of the corpora of the grid, by name.

        Returns
        -------
        dict of str to dict
        """
        given: dict[str, Any] = {"source": "folder", "root": self.root, "splits": list(self.splits)}
        given |= {"per_class": self.per_class, "classes": list(self.classes)}
        return {
            name: {**given, "planting": condition.planting(self.classes)}
            for name, condition in self.conditions().items()
        }
