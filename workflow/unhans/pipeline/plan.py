"""Plan: what each stage is told and which code carries it out, for every point of the grid.

Here the config meets the rules: the parameters of each, the lineage that their results must carry,
and where to look for the reason when one is missing.
"""

import hashlib
import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from unhans.artefacts import accepted as acceptance
from unhans.choices import is_own_metric, metric_choice
from unhans.config.models import Config, Digits, Images, Trained
from unhans.errors import ConfigError
from unhans.images import class_index
from unhans.pipeline import digest as provenance
from unhans.pipeline import machine
from unhans.types import STORE_FORMAT, Analysis, Parameters

FOLDERS: Mapping[str, int] = {
    "corpus": 1,
    "training": 2,
    "model": 2,
    "attribution": 3,
    "contrast": 3,
    "preprocessing": 4,
    "distance": 5,
    "affinity": 6,
    "embedding": 7,
    "clustering": 7,
    "separability": 7,
    "projection": 7,
    "audit": 5,
}
"""The stages in order, and how many of an analysis' folders tell the results of each apart."""

NETWORKS = ("training", "model")
"""Stages that make a network, one of them each; the others come once a class."""

BESIDE = ("contrast", "projection", "audit")
"""Stages that tau does not come from."""

ANY: Any = Analysis(*(f"{{{name}}}" for name in Analysis._fields))  # type: ignore[arg-type]
"""An analysis of wildcards."""

UNCHANGING = ("batch_size", "device", "workers")
"""Keys of the attribution that change no result; see `surroundings`."""


class Share(NamedTuple):
    """The classes that a stage's rule computes: one (the wildcard ``class_id``), or a chunk.

    A chunk pays imports, and the submission to a cluster, once for all its classes. Its rule names
    the result of each class, so that each is kept, targeted and deleted by itself all the same.
    """

    corpora: tuple[str, ...]
    """that the rule is for"""
    number: int | None = None
    """of the chunk; None for all classes of a corpus"""
    classes: tuple[str, ...] = ()
    """of a chunk; empty for the wildcard"""
    width: int = 1
    """classes that a full chunk holds"""

    def rule(self, stage: str) -> str:
        """Name of the rule."""
        return f"{stage}_{self.label}" if self.classes else stage

    @property
    def label(self) -> str:
        """What tells the files of this rule's jobs from those of others."""
        if not self.classes:
            return "{class_id}"
        name = self.corpora[0] + ("" if len(self.corpora) == 1 else "_etc")
        return name + ("" if self.number is None else f"_{self.number:03d}")

    @property
    def shown(self) -> str:
        """What the message of a rule calls it."""
        if not self.classes:
            return "class {wildcards.class_id}"
        return f"{len(self.classes)} classes, {self.classes[0]} to {self.classes[-1]}"

    @property
    def size(self) -> int:
        """Classes a job."""
        return max(1, len(self.classes))

    @property
    def corpus(self) -> str:
        """What the wildcard ``corpus`` may be."""
        return one_of(self.corpora)

    def each(self, path: str) -> str | list[str]:
        """Path of a file that each class has: with the wildcard, or a list for a chunk."""
        if not self.classes:
            return path
        return [path.replace("{class_id}", class_id) for class_id in self.classes]

    def memory(self, base: int, per_input: float = 0) -> Callable[..., int]:
        """Megabytes that a job may take: a class at a time is in memory, more at each attempt."""

        def megabytes(wildcards: Any, input: Any, attempt: int) -> int:
            return int(base + per_input * input.size_mb / self.size) * attempt

        return megabytes

    def minutes(self, base: float, each: float = 1) -> Callable[..., int]:
        """Minutes that a job may take, more at each attempt."""

        def minutes(wildcards: Any, attempt: int) -> int:
            return int(base + each * (self.size - 1)) * attempt

        return minutes

    def of(self, wildcards: Any) -> tuple[str, ...]:
        """Classes of one job."""
        return self.classes or (wildcards.class_id,)


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
        """Refuse what would fail later: another copy of us, no place for results, unknown classes.

        Raises
        ------
        ConfigError

        """
        imported = Path(provenance.__file__).resolve().parents[2]
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
        # In the midst of the rules Snakemake would put its stack below the message.
        self.cells()
        _ = self.accepted
        self.settings("ranking", None)

    def export_surroundings(self) -> None:
        """Let jobs import this copy of the library, and tell them what changes no result."""
        paths = [str(self.root), os.environ.get("PYTHONPATH", "")]
        os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        roots = {
            name: str(class_index.root_of(corpus.root, f"corpus.{name}"))
            for name, corpus in self.config.corpus.items()
            if isinstance(corpus, Images)
        }
        told = self._plain["attribution"]
        machine.export(roots, {key: told[key] for key in UNCHANGING})

    def classes(self, corpus: str) -> tuple[str, ...]:
        """Ids of the classes of a corpus that are analysed."""
        return tuple(entry.id for entry in self._chosen[corpus])

    def members(self, corpus: str) -> tuple[str, ...]:
        """Ids of the classes whose images are needed: a network that is trained here sees all."""
        if isinstance(self.config.corpus[corpus], Digits):
            return tuple(entry.id for entry in self._catalogues[corpus].entries)
        return self.classes(corpus)

    def names(self, corpus: str) -> dict[str, str]:
        """Readable names of the classes of a corpus that are analysed, by id."""
        return {entry.id: entry.name for entry in self._chosen[corpus]}

    def entries_of(self, share: Share) -> Callable[[Any], dict[str, dict[str, Any]]]:
        """Label, name and index of each class of a job, by id.

        Those of a chunk that are not analysed are among them: another choice changes nothing here.
        """

        def entries(wildcards: Any) -> dict[str, dict[str, Any]]:
            every = self._catalogues[wildcards.corpus].entries
            if share.number is not None:
                start = share.number * share.width
                own = every[start : start + share.width]
            else:
                own = tuple(entry for entry in every if entry.id == wildcards.class_id)
            return {
                entry.id: {"label": entry.label, "name": entry.name, "index": entry.index}
                for entry in own
            }

        return entries

    def _outputs(self, corpus: str) -> dict[str, int]:
        """Index of the logit of each class that the network of a corpus knows, by id."""
        if self._plain["corpus"][corpus]["source"] == "imagenet":
            return {name: index for name, (index, _) in class_index.imagenet().items()}
        return {entry.id: entry.index for entry in self._catalogues[corpus].entries}

    def all_names(self, corpus: str) -> list[str]:
        """Names of the network's outputs, in their order."""
        return list(self._catalogues[corpus].names)

    def shares(self, stage: str) -> list[Share]:
        """How the classes are shared among jobs: one each, or in chunks where there are many.

        A class's chunk follows from its place among all classes of its corpus, so that with chunks
        of the same size another choice of classes leaves the others as they are.

        Parameters
        ----------
        stage : the corpus needs all classes that a network is trained on, the others those analysed

        """
        single = []
        # Corpora that fall into the same chunks share their rules: a grid has hundreds of them.
        alike: dict[tuple[Share, ...], list[str]] = {}
        for corpus in self.config.corpus:
            own = self.members(corpus) if stage == "corpus" else self.classes(corpus)
            size = self.config.execution.chunk(len(own))
            if size == 1:
                single.append(corpus)
                continue
            place = {entry.id: at for at, entry in enumerate(self._catalogues[corpus].entries)}
            cut = groupby(own, key=lambda name: place[name] // size)
            chunks = (Share((), number, tuple(members), size) for number, members in cut)
            alike.setdefault(tuple(chunks), []).append(corpus)
        made = (
            share._replace(corpora=tuple(corpora))
            for chunks, corpora in alike.items()
            for share in chunks
        )
        return [*([Share(tuple(single))] if single else []), *made]

    def wholes(self, stage: str) -> list[Share]:
        """How corpora are shared among rules that read a stage's results of all their classes.

        One rule serves all corpora but those in chunks, which have one each.
        """
        shares = self.shares(stage)
        chunked: dict[tuple[str, ...], tuple[str, ...]] = {}
        for share in shares:
            if share.classes:
                chunked[share.corpora] = chunked.get(share.corpora, ()) + share.classes
        whole = [Share(corpora, classes=classes) for corpora, classes in chunked.items()]
        return [*(share for share in shares if not share.classes), *whole]

    def sources(self, stage: str, share: Share) -> list[tuple[str, str | None]]:
        """Paths with wildcards of what a stage makes for each class of a chunk, and their rules.

        There is no one rule where the corpora of the chunk are shared among several.

        Parameters
        ----------
        stage : that makes them
        share : the chunk that they are for

        """
        makers = {
            name: maker.rule(stage)
            for maker in self.shares(stage)
            if set(share.corpora) <= set(maker.corpora)
            for name in maker.classes
        }
        return [(self.result(stage, ANY, name), makers.get(name)) for name in share.classes]

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
        stages = [stage for stage in FOLDERS if stage not in (*NETWORKS, *BESIDE)]
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

    def maps(self, share: Share) -> Callable[[Any], list[str]]:
        """Paths of the maps to compare: a representation without steps is the heatmaps themselves."""

        def paths(wildcards: Any) -> list[str]:
            steps = self.config.preprocessing[wildcards.representation]
            stage = "preprocessing" if steps else "attribution"
            return [self.result(stage, wildcards, name) for name in share.of(wildcards)]

        return paths

    def every_class(self, stage: str, wildcards: Any) -> list[str]:
        """Paths of what a stage computes, one for each class of a corpus that is analysed."""
        return [self.result(stage, wildcards, name) for name in self.classes(wildcards.corpus)]

    def first_attributions(self, wildcards: Any) -> list[str]:
        """Paths of the heatmaps of the first composite: predictions are the same in all."""
        composite = self.config.attribution.composites[0]
        first = Analysis(wildcards.corpus, wildcards.model, composite, "", "", 0, 0)
        return self.every_class("attribution", first)

    def every_member(self, wildcards: Any) -> list[str]:
        """Paths of the images of all classes of a corpus that are needed."""
        return [self.result("corpus", wildcards, name) for name in self.members(wildcards.corpus)]

    def trained(self, made_here: bool) -> list[str]:
        """Name the networks that are trained here, or the others."""
        models = self.config.model.items()
        return [name for name, model in models if isinstance(model, Trained) == made_here]

    def sha256(self, wildcards: Any) -> str | None:
        """What the hash of a network's weights is said to be."""
        said: str | None = self._plain["model"][wildcards.model]["sha256"]
        return said

    def weights(self, wildcards: Any) -> list[str]:
        """Name the local file of a network's weights, if it has one."""
        named = self._plain["model"][wildcards.model]["weights"]
        return [os.path.expanduser(named)] if _is_file(named) else []

    def cached(self) -> list[str]:
        """What stands for all that is kept: a target that asks for it notices when some is deleted.

        Of a chunk the first class does, and whatever else of it is missing: Snakemake takes a
        millisecond to find the rule of each file, and looks only for those that are asked for.
        """
        paths = set()
        for stage in (name for name in FOLDERS if name not in (*NETWORKS, "audit")):
            analyses = self.drawn() if stage == "projection" else self.config.analyses()
            for analysis in analyses:
                if stage in ("contrast", "projection") or stage in self.stages(analysis):
                    for members in self._jobs(stage, analysis.corpus):
                        files = [self.result(stage, analysis, name) for name in members]
                        paths |= {files[0], *_missing_beside(*files)}
        trained = self.trained(made_here=True)
        for corpus in self.config.corpus:
            folder = f"{self.config.results}/{corpus}"
            paths |= {f"{folder}/manifest.tsv", f"{folder}/set_aside.tsv"}
            for model in self.config.models_of(corpus):
                names = ["model.zarr.zip", "weights.safetensors", "accuracy.tsv"]
                names += ["training.tsv"] if model in trained else []
                paths |= {f"{folder}/{model}/{name}" for name in names}
        return sorted(paths)

    def _jobs(self, stage: str, corpus: str) -> list[tuple[str, ...]]:
        """Classes of each job of a stage, for one point of the grid."""
        shares = [share for share in self.shares(stage) if corpus in share.corpora]
        alone: list[tuple[str, ...]] = [(class_id,) for class_id in self.classes(corpus)]
        return [share.classes for share in shares if share.classes] or alone

    def audited(self) -> list[str]:
        """Metrics whose neighbours can be held against a reference: those of optimal transport."""
        return [m for m in self.config.distance.metrics if metric_choice(m).reference]

    def audits(self) -> list[str]:
        """Paths of the audits of all classes and metrics."""
        paths = [
            self.result("audit", analysis, class_id)
            for analysis, class_id in self.cells()
            if analysis.metric in self.audited()
        ]
        return list(dict.fromkeys(paths))

    def grid(self, stage: str) -> list[str]:
        """Paths of what a stage computes for all classes and analyses of the detection grid."""
        own = self.config.detection.cells()
        return [self.result(stage, *cell) for cell in self.cells() if cell[0].corpus in own]

    def responses(self) -> list[str]:
        """Paths of the responses to the artefacts of the detection grid."""
        return [
            f"{self.config.results}/{name}/{model}/ablation.tsv"
            for name, cell in self.config.detection.cells().items()
            if cell.poisoned
            for model in self.config.models_of(name)
        ]

    def grid_findings(self) -> list[str]:
        """Paths of the findings of the detection grid."""
        own = self.config.detection.cells()
        return [path for path in self.findings() if path.split("/")[-4] in own]

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
        modules = []
        if stage == "distance" and not is_own_metric(wildcards.metric):
            modules = [f"spray.distance.{wildcards.metric}"]
        elif stage == "audit":
            reference = metric_choice(wildcards.metric).reference or wildcards.metric
            modules = [f"spray.distance.{reference}"]
        digest = provenance.source_digest(stage, *modules, root=self.root)
        return f"{digest}-{STORE_FORMAT}"

    def explained(self) -> list[str]:
        """Folders, within the results, of all corpora, networks and composites."""
        return list(dict.fromkeys("/".join(analysis[:3]) for analysis in self.config.analyses()))

    def findings(self) -> list[str]:
        """Paths of the findings of all corpora, networks and composites."""
        return [f"{self.config.results}/{folder}/findings.tsv" for folder in self.explained()]

    @cached_property
    def accepted(self) -> list[acceptance.Accepted]:
        """Artefacts to cure networks of: rows of the table that are of this configuration."""
        path = self.config.compensation.artefacts
        if path is None:
            return []
        if not Path(path).exists() and (self.root.parent / path).exists():
            path = str(self.root.parent / path)  # that of the default, run from elsewhere
        analyses: dict[tuple[str, ...], list[str]] = {}
        for analysis in self.config.analyses():
            within = "/".join(analysis.path.split("/")[3:])
            analyses.setdefault(analysis[:3], []).append(within)
        rows = [row for row in acceptance.read(path) if row[1:4] in analyses]
        for row in rows:
            acceptance.check_class(row, self._outputs(row.corpus), path)
            acceptance.check_analysis(row, analyses[row[1:4]], path)
        # Of a class that is not analysed nothing is known; what a person drew needs nothing of it.
        return [row for row in rows if row.drawn or row.class_id in self.classes(row.corpus)]

    def of_accepted(self, stage: str) -> list[str]:
        """Paths of a stage's tables, one for each accepted artefact."""
        results = self.config.results
        return [
            "/".join([results, *row[1:4], stage, f"{row.artefact}.tsv"]) for row in self.accepted
        ]

    def pictures(self, wildcards: Any) -> list[str]:
        """Name the pictures of an accepted artefact that a person drew."""
        row = self._accepted_as(wildcards)
        return [file for file in (row.mask, row.template) if file != acceptance.SUGGESTED]

    def bearers(self, wildcards: Any) -> dict[str, str]:
        """Results that tell which images of its class bear an accepted artefact, by stage.

        None where the class has no images, and a picture is all that there is.
        """
        row = self._accepted_as(wildcards)
        if row.class_id not in self.classes(row.corpus):
            return {}
        telling = "clustering" if row.analysis else "contrast"
        stages = ("corpus", "attribution", telling)
        return {stage: self.result(stage, self._analysis_of(row), row.class_id) for stage in stages}

    def telling_findings(self, wildcards: Any) -> list[str]:
        """Findings that say which sign flagged the class of an accepted artefact, where that matters."""
        row = self._accepted_as(wildcards)
        if row.analysis or row.class_id not in self.classes(row.corpus):
            return []
        return ["/".join([self.config.results, *row[1:4], "findings.tsv"])]

    def _analysis_of(self, row: acceptance.Accepted) -> Analysis:
        for analysis in self.config.analyses():
            within = "/".join(analysis.path.split("/")[3:])
            if analysis[:3] == row[1:4] and row.analysis in ("", within):
                return analysis
        raise AssertionError(row)  # `accepted` has checked it

    def _accepted_as(self, wildcards: Any) -> acceptance.Accepted:
        return next(row for row in self.accepted if row.artefact == wildcards.artefact)

    def lineage(self, analysis: Analysis) -> dict[str, Any]:
        """Return what the results of one analysis must say of the stages that made them."""
        return self._lineage(analysis, [self._network_stage(analysis), *self.stages(analysis)])

    def _lineage(self, wildcards: Any, stages: Iterable[str]) -> dict[str, Any]:
        return {
            stage: {
                "parameters": self.settings(stage, wildcards),
                "code": self.code(stage, wildcards),
            }
            for stage in stages
        }

    def logs(self, analysis: Analysis, class_id: str) -> list[str]:
        """Logs of the jobs that lead to one class's tau, in the order of the stages."""
        network = self._network_stage(analysis)
        folders = analysis.path.split("/")
        names = [
            [*folders[: FOLDERS[stage]], stage, *([] if stage == network else [class_id])]
            for stage in sorted((network, *self.stages(analysis)), key=list(FOLDERS).index)
        ]
        return ["/".join([self.config.results, "logs", *name]) + ".log" for name in names]

    def _section(self, stage: str, _: Any) -> Parameters:
        sections = type(self.config).model_fields
        return self._plain[stage] if stage in sections else {}

    def _corpus(self, _: str, wildcards: Any) -> Parameters:
        settings = self._plain["corpus"][wildcards.corpus]
        # Which classes are analysed, and where the images lie, changes none of them.
        left_out = {"classes", "root", "class_index"}
        return {key: value for key, value in settings.items() if key not in left_out}

    def _accuracy(self, _: str, wildcards: Any) -> Parameters:
        names = {"corpus": wildcards.corpus, "model": wildcards.model}
        return {**names, "classes": self.classes(wildcards.corpus)}

    def _manifest(self, _: str, wildcards: Any) -> Parameters:
        return {"classes": self.members(wildcards.corpus)}

    def _training(self, _: str, wildcards: Any) -> Parameters:
        settings: Parameters = self._plain["model"][wildcards.model]
        return settings

    def _model(self, _: str, wildcards: Any) -> Parameters:
        told = self._plain["model"][wildcards.model]
        settings = {key: told[key] for key in ("architecture", "weights", "seed")}
        settings["classes"] = len(self.all_names(wildcards.corpus))
        if _is_file(told["weights"]):  # a file that moves stays the same: its content has a hash
            settings["weights"] = Path(told["weights"]).name
        if ":" in told["architecture"]:
            settings["source"] = _source_of(told["architecture"], "model: architecture")
        return settings

    def _ablation(self, stage: str, wildcards: Any) -> Parameters:
        planting = self._plain["corpus"][wildcards.corpus]["planting"]
        return {**self._plain[stage], "planting": planting}

    def _attribution(self, _: str, wildcards: Any) -> Parameters:
        told = self._plain["attribution"]
        return {"composite": wildcards.composite, "engine": told["engine"]}

    def _preprocessing(self, _: str, wildcards: Any) -> Parameters:
        steps = self._plain["preprocessing"][wildcards.representation]
        given = [{key: value for key, value in step.items() if value is not None} for step in steps]
        return {"steps": given}

    def _distance(self, _: str, wildcards: Any) -> Parameters:
        told = {**self._plain["distance"], "n_candidates": self.config.n_candidates}
        options = metric_choice(wildcards.metric).options
        chosen = {key: told[key] for key in options if told[key] is not None}
        if is_own_metric(wildcards.metric):
            chosen["source"] = _source_of(wildcards.metric, "distance: metric")
        return {"metric": wildcards.metric, **chosen}

    def _audit(self, _: str, wildcards: Any) -> Parameters:
        told = self._distance("distance", wildcards)
        return {**self._plain["audit"], **{key: told[key] for key in told if key != "n_candidates"}}

    def _recall(self, _: str, __: Any) -> Parameters:
        return {"names": {corpus: self.names(corpus) for corpus in self.config.corpus}}

    def _detection(self, _: str, __: Any) -> Parameters:
        return {"cells": self.config.detection.cells()}

    def _findings(self, _: str, wildcards: Any) -> Parameters:
        network = self._network_stage(wildcards)
        return {
            **self._plain["findings"],
            "names": self.names(wildcards.corpus),
            "lineage": self._lineage(wildcards, [network, "corpus", "attribution", "contrast"]),
        }

    def _insertion(self, _: str, __: Any) -> Parameters:
        settings: Parameters = self._plain["ablation"]
        return settings

    def _stencil(self, _: str, wildcards: Any) -> Parameters:
        row = self._accepted_as(wildcards)
        seed = self.config.ablation.seed
        index = self._outputs(row.corpus)[row.class_id]
        return {"accepted": row._asdict(), "index": index, "seed": seed}

    def _effect(self, stage: str, wildcards: Any) -> Parameters:
        return {**self._plain[stage], "accepted": self._accepted_as(wildcards)._asdict()}

    def _compensation(self, stage: str, wildcards: Any) -> Parameters:
        told = {key: value for key, value in self._plain[stage].items() if key != "artefacts"}
        return {**told, "accepted": self._accepted_as(wildcards)._asdict()}

    def _unhansing(self, stage: str, wildcards: Any) -> Parameters:
        return {**self._plain[stage], "accepted": self._accepted_as(wildcards)._asdict()}

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
            "names": {name: self.names(name) for name in self.config.corpus},
        }

    def _network_stage(self, wildcards: Any) -> str:
        return "training" if wildcards.model in self.trained(made_here=True) else "model"

    @cached_property
    def _catalogues(self) -> dict[str, class_index.Catalogue]:
        sections = self._plain["corpus"].items()
        return {name: class_index.read(section, f"corpus.{name}") for name, section in sections}

    @cached_property
    def _chosen(self) -> dict[str, tuple[class_index.Entry, ...]]:
        return {
            name: self._catalogues[name].choose(section["classes"], f"corpus.{name}.classes")
            for name, section in self._plain["corpus"].items()
        }

    @cached_property
    def _plain(self) -> dict[str, Any]:
        return self.config.plain()


def _folder(name: str, fields: Any) -> str:
    value = str(getattr(fields, name))
    return f"{name}{value}" if name in {"knn", "q"} else value


def _missing_beside(first: str, *others: str) -> list[str]:
    """Files that are gone though the first of their job is there."""
    folder, name = os.path.split(first)
    try:
        there = set(os.listdir(folder))  # a shared file system is asked once, not file by file
    except OSError:
        return []
    return [path for path in others if os.path.basename(path) not in there] if name in there else []


def _is_file(weights: str | None) -> bool:
    return weights is not None and Path(weights).suffix in {".safetensors", ".pth", ".pt"}


def _source_of(function: str, key: str) -> str:
    """Digest of the file that a function of the user's own comes from."""
    module = function.replace(":", ".").rpartition(".")[0]
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        found = None
    if found is None or found.origin is None or not Path(found.origin).is_file():
        raise ConfigError(
            f"{key} '{function}': no module '{module}'; expected one that can be "
            "imported from here (PYTHONPATH)"
        )
    return hashlib.sha256(Path(found.origin).read_bytes()).hexdigest()[:16]


def one_of(names: Iterable[str]) -> str:
    """Regular expression that matches these names and nothing else."""
    return "|".join(re.escape(name) for name in names) or "(?!)"
