"""Sources: the lineage that each result must have which a job reads, and whether it has it.

The fingerprints of results say that they fit each other; they do not say that settings and code are
those of the run. A result of other settings that is put back, or the file of another class, fits what
lies above it, and what reads it would be made of it without a word. Rules whose results are tables and
pages of many classes therefore name the lineage of what they read (``above=PLAN.above``); their jobs
compare it.
"""

import os
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from unhans import paths
from unhans.errors import StoreError
from unhans.io.lineage import Lineage, check_lineage
from unhans.paths import Analysis

NETWORK = "network"
"""Stands for the stage that makes a network, one of three"""

CHAINS: Mapping[str, tuple[str, ...]] = {
    "corpus": (),
    "properties": ("corpus",),
    "attribution": (NETWORK, "corpus"),
    "movement": (NETWORK, "corpus"),
    "activations": (NETWORK, "corpus"),
    "neurons": (NETWORK, "corpus"),
    "sensitivity": (NETWORK, "corpus", "neurons"),
}
"""Stages above a stage of classes that tau does not come from, or that lies above all analyses"""

OF_ACTIVATIONS = ("neurons", "sensitivity")
"""Stages that come from activations, where those are kept when images are explained"""

BELOW: Mapping[str, str] = {"projection": "embedding", "interval": "distance", "audit": "distance"}
"""Stage of the chain to tau that a further stage hangs on"""

ALONE: Mapping[str, str] = {
    "model": "model",
    "hosts": "hosts",
    "predictability": "predictability",
    "probes": "probes",
    "class_sample": "class_sample",
    "concept_sample": "concept_sample",
    "artefacts": "candidate_response",
}
"""Stages whose one result lies in the folders of its point of the grid, by the name of its file; of
networks any of the stages that make one"""

IN_FOLDERS = ("class", "artefact")
"""What stages make a result of that has its folder"""


def lineages(context: Any, files: Iterable[str]) -> dict[str, Lineage]:
    """Lineages that results must have by the configuration.

    Parameters
    ----------
    context : Context
        Of the run.
    files : iterable of str
        What a job reads.

    Returns
    -------
    dict of str to Lineage
        By the folder of the results of a stage of classes, or the path of another result, within the
        folder of all results. The whole lineage where it is known (see `chain`), else the stage alone. Of
        corpora and networks that only a benchmark has, nothing is said.
    """
    from unhans.pipeline import stages

    found: dict[str, Lineage] = {}
    folders: set[str] = set()
    for file in files:
        folder, name = os.path.dirname(file), paths.name_of(file)
        stage = _stage_of(file)
        if stage is None or folder in folders:
            continue
        is_alone = paths.stage_of(file) != stage.name
        point = _point(context, file, stage.depth, is_alone)
        if not _is_known(context, point, stage.kind):
            continue
        own = stage.name
        if is_alone and stage.kind == "network":
            own = stages.network_stage(context, point)
        # Results may lie below a prefix that the paths of a run do not have: from the point on.
        kept = "" if stage.kind == "class" else f"{name}{paths.RESULT}"
        if is_alone:
            place = paths.beside("", stage.depth, point, kept)
        else:
            place = paths.of_stage("", stage.name, stage.depth, point, kept)
        if stage.kind == "class":
            folders.add(folder)
        names = chain(context, own, point) or [own]
        found[place] = stages.lineage(context, point, names)
    return found


def _stage_of(file: str) -> Any:
    """Stage of a result by its path; of networks any of those that make one. None for other files."""
    from unhans.pipeline.stages import STAGES

    if not file.endswith(paths.RESULT):
        return None
    folder, name = paths.stage_of(file), paths.name_of(file)
    if folder == "restoration" or (folder in STAGES and STAGES[folder].kind in IN_FOLDERS):
        return STAGES[folder]
    return STAGES[ALONE[name]] if name in ALONE else None


def chain(context: Any, stage: str, point: Any) -> list[str]:
    """Stages that a result of a stage comes from, and the stage itself.

    Parameters
    ----------
    context : Context
        Of the run.
    stage : str
        Name of a stage that makes one result a class.
    point : Analysis, or any object with those of its attributes that the stage's folder names
        The point of the grid.

    Returns
    -------
    list of str
        Empty for a stage that no reader of it checks in this way.
    """
    from unhans.pipeline import stages

    def network() -> str:
        return stages.network_stage(context, point)

    if stage in CHAINS:
        above = [network() if name == NETWORK else name for name in CHAINS[stage]]
        kept = stages.by_products(context, "attribution") if stage in OF_ACTIVATIONS else []
        return [*above, *(one for one in kept if one == "activations"), stage]
    if stage == "group_search":
        return stages.stages_of_groups(context, point)
    last = BELOW.get(stage, stage)
    own = stages.STAGES[last]
    if not own.leads_to_tau or stage == "concepts":
        return []
    every = stages.stages_of(context, point)
    above = every[: every.index(last) + 1] if last in every else []
    return [network(), *above, *([stage] if stage != last else [])] if above else []


def check(files: Iterable[str], expected: Mapping[str, Lineage]) -> None:
    """Refuse results of another lineage, and the results of other classes than their names say.

    Parameters
    ----------
    files : iterable of str
        Results that a job reads, and that are there.
    expected : mapping of str to Lineage
        See `lineages`.

    Raises
    ------
    StoreError
        The message names the file, and the stage from which on it is of other settings or code.
    """
    from unhans.io import provenance

    alone = [place for place in expected if place.endswith(paths.RESULT)]
    known: dict[str, Lineage | None] = {}
    for file in files if expected else ():
        folder = os.path.dirname(file)
        if folder not in known:
            known[folder] = _at(folder, expected, set(expected) - set(alone))
        lineage = known[folder] or _at(file, expected, alone)
        if lineage is None:
            continue
        attributes = provenance.attributes(file)
        found = attributes["lineage"]
        if len(lineage) == 1:
            found = {stage: recipe for stage, recipe in found.items() if stage in lineage}
        check_lineage(file, found, lineage)
        if known[folder]:
            provenance.check_name(file, attributes)
        if attributes["stage"] == "corpus" and attributes["status"] == "ok":
            _check_label(file, attributes)


def _at(path: str, expected: Mapping[str, Lineage], places: Iterable[str]) -> Lineage | None:
    return next((expected[one] for one in places if f"/{path}".endswith(f"/{one}")), None)


def _check_label(file: str, attributes: Mapping[str, Any]) -> None:
    """Refuse the images of another class: corpora name no sources."""
    from unhans.images.class_index import safe_id

    label = str(attributes.get("label", ""))
    if paths.name_of(file) not in (label, safe_id(label)):
        raise StoreError(f"{file}: is of another class: of '{label}'. Delete {file} and run again")


def _point(context: Any, file: str, depth: int, is_alone: bool) -> Any:
    """Point of the grid of a result, with the artefact that it may be of."""
    fields = paths.parse_beside(file, depth) if is_alone else paths.parse(file, depth).fields
    # Representations are the same under each metric.
    values: dict[str, Any] = {
        "metric": next(iter(context.config.distance.metrics)),
        "artefact": paths.name_of(file),
        **dict(zip(Analysis._fields, fields, strict=False)),
    }
    numbers = {name: int(values[name]) for name in paths.NUMBERED if name in values}
    return SimpleNamespace(**{**values, **numbers})


def _is_known(context: Any, point: Any, kind: str) -> bool:
    config = context.config
    if kind == "artefact" and all(row.artefact != point.artefact for row in context.accepted):
        return False
    model = getattr(point, "model", None)
    return point.corpus in config.corpus and (model is None or model in config.model)
