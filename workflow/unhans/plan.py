"""Plan: what each stage is told and which code carries it out, for every point of the grid.

Here the config meets the rules: the parameters of each, the lineage that their results must carry,
and where to look for the reason when one is missing.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from unhans import provenance
from unhans.config import Config
from unhans.errors import ConfigError
from unhans.types import STORE_FORMAT, Analysis, Parameters

FOLDERS: Mapping[str, int] = {
    "corpus": 1,
    "model": 2,
    "attribution": 3,
    "preprocessing": 4,
    "distance": 5,
    "affinity": 6,
    "embedding": 7,
    "clustering": 7,
    "separability": 7,
    "projection": 7,
}
"""The stages in order, and how many of an analysis' folders tell the results of each apart."""

TO_TAU = tuple(stage for stage in FOLDERS if stage != "projection")
"""The stages from images to tau."""

PER_CORPUS = 2
"""Stages no deeper than this come once a corpus and network, the others once a class."""


class Plan:
    """A checked configuration, and the tree of code that carries it out.

    Parameters
    ----------
    config : the checked configuration
    root : the folder that holds ``scripts`` and ``unhans``

    """

    def __init__(self, config: Config, root: Path) -> None:
        self.config = config
        self.root = root

    def check_surroundings(self) -> None:
        """Refuse what would fail much later: another copy of the library, results not writable.

        Raises
        ------
        ConfigError

        """
        imported = Path(provenance.__file__).resolve().parents[1]
        if imported != self.root.resolve():
            raise ConfigError(
                f"this workflow is {self.root}, but the installed unhans is {imported}; "
                f"expected the same. Install this copy: pip install -e {self.root.parent}"
            )
        folder = Path(self.config.results).absolute()
        while not folder.exists():
            folder = folder.parent
        if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
            raise ConfigError(
                f"results: {self.config.results}: {folder} is no folder that can be written to; "
                "expected one. Set 'results' in the config, or its permissions"
            )

    def export_library(self) -> None:
        """Let jobs import this copy of the library, also in an environment of their own."""
        paths = [str(self.root), os.environ.get("PYTHONPATH", "")]
        os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)

    def classes(self, corpus: str) -> tuple[str, ...]:
        """Classes of a corpus that are analysed."""
        return self.config.corpus[corpus].class_ids

    def cells(self) -> list[tuple[Analysis, str]]:
        """List every analysis with each of its classes: what the ranking ranks."""
        return [
            (analysis, class_id)
            for analysis in self.config.analyses()
            for class_id in self.classes(analysis.corpus)
        ]

    def planted_cells(self) -> list[tuple[Analysis, str]]:
        """List the cells whose class has a planted artefact."""
        return [
            (analysis, class_id)
            for analysis, class_id in self.cells()
            if class_id in self.config.corpus[analysis.corpus].planted
        ]

    def stages(self, analysis: Analysis) -> list[str]:
        """List the stages that an analysis' results come from, those that come once a class."""
        stages = [stage for stage in TO_TAU if FOLDERS[stage] > PER_CORPUS]
        if not self.config.preprocessing[analysis.representation]:
            stages.remove("preprocessing")
        return stages

    def result(self, stage: str, fields: Any, class_id: str) -> str:
        """Path of what a stage computes for one class.

        Parameters
        ----------
        stage : name of the stage
        fields : an `Analysis`, or wildcards with the fields of it that the stage depends on
        class_id : the class

        """
        folders = [_folder(name, fields) for name in Analysis._fields[: FOLDERS[stage]]]
        return "/".join([self.config.results, *folders, stage, f"{class_id}.zarr.zip"])

    def maps(self, wildcards: Any) -> str:
        """Path of the maps to compare: a representation without steps is the heatmaps themselves."""
        steps = self.config.preprocessing[wildcards.representation]
        stage = "preprocessing" if steps else "attribution"
        return self.result(stage, wildcards, wildcards.class_id)

    def every_class(self, stage: str, wildcards: Any) -> list[str]:
        """Paths of what a stage computes, one for each class of a corpus."""
        return [self.result(stage, wildcards, name) for name in self.classes(wildcards.corpus)]

    def cached(self) -> list[str]:
        """Everything that is kept: a target that asks for it notices when some of it is deleted."""
        paths = {
            self.result(stage, analysis, class_id)
            for analysis, class_id in self.cells()
            for stage in self.stages(analysis)
        }
        for analysis in self.drawn():
            paths |= set(self.every_class("projection", analysis))
        for corpus, model in product(self.config.corpus, self.config.model):
            folder = f"{self.config.results}/{corpus}"
            paths |= {f"{folder}/images.zarr.zip", f"{folder}/manifest.tsv"}
            names = ("model.zarr.zip", "weights.safetensors", "training.tsv")
            paths |= {f"{folder}/{model}/{name}" for name in names}
        return sorted(paths)

    def drawn(self) -> list[Analysis]:
        """Analyses whose top classes get figures."""
        analyses = self.config.analyses()
        return analyses if self.config.figures.analyses == "all" else analyses[:1]

    def settings(self, stage: str, wildcards: Any) -> Parameters:
        """Return what a stage is told at one point of the grid: plain values with sorted keys.

        Snakemake compares parameters as text, so equal settings must read the same.

        Parameters
        ----------
        stage : name of the stage
        wildcards : anything with the fields of an `Analysis` that the stage depends on

        """
        told = getattr(self, f"_{stage}", self._section)(stage, wildcards)
        plain: Parameters = json.loads(json.dumps(told, sort_keys=True))
        return plain

    def code(self, stage: str, wildcards: Any = None) -> str:
        """Digest of the code that carries out a stage, and of the layout it writes."""
        modules = [f"distance.{wildcards.metric}"] if stage == "distance" else []
        digest = provenance.source_digest(stage, *modules, root=self.root)
        return f"{digest}-{STORE_FORMAT}"

    def lineage(self, analysis: Analysis) -> dict[str, Any]:
        """Return what the results of one analysis must say of the stages that made them."""
        return {
            stage: {
                "parameters": self.settings(stage, analysis),
                "code": self.code(stage, analysis),
            }
            for stage in ("corpus", "model", *self.stages(analysis))
        }

    def logs(self, analysis: Analysis, class_id: str) -> list[str]:
        """Logs of the jobs that lead to one class's tau, in the order of the stages."""
        folders = analysis.path.split("/")
        names = [
            [
                *folders[: FOLDERS[stage]],
                stage,
                *([class_id] if FOLDERS[stage] > PER_CORPUS else []),
            ]
            for stage in ("corpus", "model", *self.stages(analysis))
        ]
        return ["/".join([self.config.results, "logs", *name]) + ".log" for name in names]

    def closing_words(self, failed: bool = False) -> str:
        """Say at the end of a run what came out and where to look; see `ranking.closing_words`."""
        from unhans import ranking

        return ranking.closing_words(self, failed)

    def _section(self, stage: str, _: Any) -> Parameters:
        sections = type(self.config).model_fields
        return self._plain[stage] if stage in sections else {}

    def _corpus(self, _: str, wildcards: Any) -> Parameters:
        settings = self._plain["corpus"][wildcards.corpus]
        # Which classes are analysed changes no image: a class more leaves the others as they are.
        return {key: value for key, value in settings.items() if key != "classes"}

    def _model(self, _: str, wildcards: Any) -> Parameters:
        settings: Parameters = self._plain["model"][wildcards.model]
        return settings

    def _ablation(self, stage: str, wildcards: Any) -> Parameters:
        planting = self._plain["corpus"][wildcards.corpus]["planting"]
        return {**self._plain[stage], "planting": planting}

    def _attribution(self, _: str, wildcards: Any) -> Parameters:
        batch_size = self.config.attribution.batch_size
        return {"batch_size": batch_size, "composite": wildcards.composite}

    def _preprocessing(self, _: str, wildcards: Any) -> Parameters:
        steps = self._plain["preprocessing"][wildcards.representation]
        given = [{key: value for key, value in step.items() if value is not None} for step in steps]
        return {"steps": given}

    def _distance(self, _: str, wildcards: Any) -> Parameters:
        return {"metric": wildcards.metric}

    def _affinity(self, _: str, wildcards: Any) -> Parameters:
        return {"knn": int(wildcards.knn)}

    def _embedding(self, _: str, wildcards: Any) -> Parameters:
        return {"q": int(wildcards.q), "seed": self.config.embedding.seed}

    def _ranking(self, _: str, __: Any) -> Parameters:
        return {
            "lineage": {
                analysis.path: self.lineage(analysis) for analysis in self.config.analyses()
            },
            "planted": {name: corpus.planted for name, corpus in self.config.corpus.items()},
        }

    @cached_property
    def _plain(self) -> dict[str, Any]:
        return self.config.plain()


def _folder(name: str, fields: Any) -> str:
    value = str(getattr(fields, name))
    return f"{name}{value}" if name in {"knn", "q"} else value


def one_of(names: Iterable[str]) -> str:
    """Regular expression that matches these names and nothing else."""
    return "|".join(re.escape(name) for name in names)
