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
    "neurons": (NETWORK, "corpus"),
    "sensitivity": (NETWORK, "corpus", "neurons"),
}
"""Stages above a stage of classes that tau does not come from, or that lies above all analyses"""

BELOW: Mapping[str, str] = {"projection": "embedding", "interval": "distance", "audit": "distance"}
"""Stage of the chain to tau that a further stage hangs on"""


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
        By the folder of the results of a stage of classes, the parameters that name it included.
        Of stages that are not known here (see `chain`), and of corpora and networks that only a benchmark
        has, nothing is said.
    """
    from unhans.pipeline import stages

    found: dict[str, Lineage] = {}
    first = {os.path.dirname(file): file for file in files if file.endswith(paths.RESULT)}
    for file in first.values():
        stage = stages.STAGES.get(paths.stage_of(file))
        if stage is None or stage.kind != "class":
            continue
        point = _point(context, file, stage.depth)
        names = chain(context, stage.name, point) if _is_known(context, point) else []
        if names:
            # The results may lie below a prefix that the paths of a run do not have.
            place = paths.of_stage("", stage.name, stage.depth, point, "")
            found[place] = stages.lineage(context, point, names)
    return found


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
        return [*(network() if name == NETWORK else name for name in CHAINS[stage]), stage]
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

    known: dict[str, Lineage | None] = {}
    for file in files if expected else ():
        folder = os.path.dirname(file)
        if folder not in known:
            ends = (own for one, own in expected.items() if f"/{folder}".endswith(f"/{one}"))
            known[folder] = next(ends, None)
        lineage = known[folder]
        if lineage is None:
            continue
        attributes = provenance.attributes(file)
        check_lineage(file, attributes["lineage"], lineage)
        provenance.check_name(file, attributes)
        if attributes["stage"] == "corpus" and attributes["status"] == "ok":
            _check_label(file, attributes)


def _check_label(file: str, attributes: Mapping[str, Any]) -> None:
    """Refuse the images of another class: corpora name no sources."""
    from unhans.images.class_index import safe_id

    label = str(attributes.get("label", ""))
    if paths.name_of(file) not in (label, safe_id(label)):
        raise StoreError(f"{file}: is of another class: of '{label}'. Delete {file} and run again")


def _point(context: Any, file: str, depth: int) -> Any:
    fields, _ = paths.parse(file, depth)
    # Representations are the same under each metric.
    metric = next(iter(context.config.distance.metrics))
    values: dict[str, Any] = dict(zip(Analysis._fields, fields, strict=False))
    values.setdefault("metric", metric)
    numbers = {name: int(values[name]) for name in paths.NUMBERED if name in values}
    return SimpleNamespace(**{**values, **numbers})


def _is_known(context: Any, point: Any) -> bool:
    config = context.config
    return point.corpus in config.corpus and getattr(point, "model", None) in (None, *config.model)
