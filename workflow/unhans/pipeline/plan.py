"""Plan: a checked configuration as the rules ask for it, at every point of the grid.

The plan answers for a rule: which settings and which code a job has, where results lie, how classes are
divided among jobs, and where to look for the reason when a result is missing. Its methods are short
forms of functions of `unhans.paths`, `pipeline.stages` and `pipeline.chunks`, where parameters and
results are described; ``wildcards`` are those of a job, or an analysis.
"""

import time
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from unhans import paths
from unhans.config.models import Config
from unhans.paths import Analysis
from unhans.pipeline import sources, stages
from unhans.pipeline.chunks import ClassChunk, class_chunks, whole_corpora
from unhans.pipeline.classes import Classes
from unhans.pipeline.context import Context
from unhans.pipeline.stages import STAGES
from unhans.types import Parameters

ANY: Any = Analysis(*(f"{{{name}}}" for name in Analysis._fields))  # type: ignore[arg-type]
"""An analysis of wildcards."""


class Plan:
    """A checked configuration, and the tree of code that carries it out.

    Parameters
    ----------
    config : Config
        The checked configuration.
    root : Path
        The folder that holds ``scripts`` and ``unhans``.
    """

    def __init__(self, config: Config, root: Path) -> None:
        self.config = config
        self.classes = Classes(config)
        self.context = Context(config, self.classes, root)
        self.started = time.time()

    def settings(self, stage: str, wildcards: Any = None) -> Parameters:
        """Settings of a stage at one point of the grid; see `stages.settings`."""
        return stages.settings(self.context, stage, wildcards)

    def also(self, stage: str, wildcards: Any = None) -> dict[str, Parameters]:
        """Settings of the further stages whose results a stage's job makes, by stage."""
        others = stages.by_products(self.context, stage)
        return {other: self.settings(other, wildcards) for other in others}

    def code(self, stage: str, wildcards: Any = None) -> str:
        """Digest of the code of a stage; see `stages.code`."""
        return stages.code(self.context, stage, wildcards)

    def stages(self, analysis: Analysis) -> list[str]:
        """Stages that tau of an analysis comes from; see `stages.stages_of`."""
        return stages.stages_of(self.context, analysis)

    def lineage(self, analysis: Analysis) -> dict[str, Any]:
        """What the results of one analysis must say of the stages that made them."""
        network = stages.network_stage(self.context, analysis)
        return stages.lineage(self.context, analysis, [network, *self.stages(analysis)])

    def above(self, _: Any, input: Iterable[str]) -> dict[str, Any]:
        """Lineages that the results must have which a job reads; see `sources.lineages`."""
        return sources.lineages(self.context, input)

    def result(self, stage: str, fields: Any, name: str) -> str:
        """Path of what a stage keeps of one class or artefact; see `paths.result`."""
        return paths.result(self.config.results, stage, STAGES[stage].depth, fields, name)

    def beside(self, depth: int, fields: Any, file: str) -> str:
        """Path of a file that covers all classes of a point of the grid; see `paths.beside`."""
        return paths.beside(self.config.results, depth, fields, file)

    def logs(self, analysis: Analysis, class_id: str) -> list[str]:
        """Logs of the jobs that lead to one class's tau, in the order of the stages."""
        network = stages.network_stage(self.context, analysis)
        chain = {network, *self.stages(analysis)}
        return [
            paths.log(
                *(self.config.results, stage.depth, analysis, stage.job),
                *([class_id] if stage.kind == "class" else []),
            )
            for stage in STAGES.values()
            if stage.name in chain
        ]

    def chunks(self, stage: str) -> list[ClassChunk]:
        """How the classes are divided among the jobs of a stage; see `chunks.class_chunks`."""
        return self._needed_chunks if stage == "corpus" else self._analysed_chunks

    def whole_corpora(self, stage: str) -> list[ClassChunk]:
        """How corpora are divided among rules that read a stage's results of all their classes."""
        return whole_corpora(self.chunks(stage))

    def jobs(self, stage: str, corpus: str) -> list[tuple[str, ...]]:
        """Classes of each job of a stage, for one point of the grid."""
        own = [chunk for chunk in self.chunks(stage) if corpus in chunk.corpora]
        alone: list[tuple[str, ...]] = [(class_id,) for class_id in self.classes.analysed(corpus)]
        return [chunk.classes for chunk in own if chunk.classes] or alone

    def entries_of(self, chunk: ClassChunk) -> Callable[[Any], dict[str, dict[str, Any]]]:
        """Label, name and index of each class of a job, and the digest of its rows in a table, by id.

        Classes of the chunk that are not analysed are included: another choice changes nothing here.
        """

        def entries(wildcards: Any) -> dict[str, dict[str, Any]]:
            own: Iterable[Any] = self.classes.entries(wildcards.corpus)
            if chunk.number is not None:
                start = chunk.number * chunk.width
                own = list(own)[start : start + chunk.width]
            else:
                own = [entry for entry in own if entry.id == wildcards.class_id]
            names = ("label", "name", "index", "rows")
            return {entry.id: {key: getattr(entry, key) for key in names} for entry in own}

        return entries

    def every_class(self, stage: str, wildcards: Any) -> list[str]:
        """Paths of what a stage keeps of all classes of a corpus that are analysed."""
        return [
            self.result(stage, wildcards, name) for name in self.classes.analysed(wildcards.corpus)
        ]

    def every_needed(self, wildcards: Any) -> list[str]:
        """Paths of the images of all classes of a corpus that are needed."""
        return [
            self.result("corpus", wildcards, name) for name in self.classes.needed(wildcards.corpus)
        ]

    def first_attributions(self, wildcards: Any) -> list[str]:
        """Paths of the heatmaps of the first composite: predictions are the same in all."""
        composite = self.config.attribution.composites[0]
        first = Analysis(wildcards.corpus, wildcards.model, composite, "", "", 0, 0)
        return self.every_class("attribution", first)

    def analysed_classes(self) -> list[tuple[Analysis, str]]:
        """Every analysis with each of its classes: the rows of the ranking."""
        return [
            (analysis, class_id)
            for analysis in self.config.analyses()
            for class_id in self.classes.analysed(analysis.corpus)
        ]

    def drawn(self) -> list[Analysis]:
        """Analyses whose top classes get figures."""
        analyses = self.config.analyses()
        return analyses if self.config.figures.analyses == "all" else analyses[:1]

    @cached_property
    def _analysed_chunks(self) -> list[ClassChunk]:
        return class_chunks(self.config, self.classes, needed=False)

    @cached_property
    def _needed_chunks(self) -> list[ClassChunk]:
        return class_chunks(self.config, self.classes, needed=True)
