"""Estimates: the jobs of one class that an estimate measures, and what it knows of all the others."""

from collections.abc import Iterable
from typing import Any

from unhans import paths
from unhans.paths import Analysis
from unhans.pipeline.plan import Plan
from unhans.pipeline.stages import STAGES, by_products, network_stage, stages_of, stages_of_groups

OF_A_NETWORK = ("hosts", "concept_sample", "class_sample")
"""Stages that make one result of several classes, which those of a class read."""


def measured(plan: Plan) -> list[str]:
    """Results of one class of each corpus, of all stages that a run without a target asks for.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        Paths, each once; where classes are made in chunks, the first chunk is measured with them.
    """
    return [job["result"] for job in jobs(plan) if STAGES[job["stage"]].kind == "class"]


def jobs(plan: Plan) -> list[dict[str, Any]]:
    """Name the jobs that are measured, and the classes that each is of.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of dict
        One for each stage and point of the grid: ``stage``, ``corpus``, ``point`` (its folder),
        ``result`` of the measured class, ``benchmark`` (empty where another stage's job makes it) and
        ``log`` of the job, and ``classes`` of the job (none where the stage makes one result of all
        classes), and ``threads``: cores that it takes.
    """
    found: dict[str, dict[str, Any]] = {}
    for analysis in plan.config.analyses():
        for stage in _stages(plan, analysis):
            job = _job(plan, stage, analysis)
            found.setdefault(job["result"], job)
    return list(found.values())


def _stages(plan: Plan, analysis: Analysis) -> list[str]:
    """Stages of an analysis, in order, that are measured."""
    asked = {
        *(network_stage(plan.context, analysis), "properties", "movement", "interval"),
        *stages_of(plan.context, analysis),
        *stages_of_groups(plan.context, analysis),
        *by_products(plan.context, "attribution"),
        *(["projection"] if analysis in plan.drawn() else []),
    }
    return [stage for stage in STAGES if stage in asked]


def _job(plan: Plan, stage: str, analysis: Analysis) -> dict[str, Any]:
    row = STAGES[stage]
    where: dict[str, Any] = {
        "stage": stage,
        "corpus": analysis.corpus,
        "point": paths.folder(analysis, row.depth),
    }
    where["threads"] = plan.config.attribution.workers if row.job == "attribution" else 1
    if row.kind != "class":
        name = stage if stage in OF_A_NETWORK else "model"
        result = plan.beside(row.depth, analysis, name + paths.RESULT)
        return {
            **where,
            "result": result,
            "classes": [],
            **_files(plan, row.depth, analysis, stage),
        }
    first = plan.classes.analysed(analysis.corpus)[0]
    own, label = _chunk(plan, stage, analysis.corpus, first)
    result = plan.result(stage, analysis, first)
    files = _files(plan, row.depth, analysis, row.job, label)
    if row.made_by is not None:  # its time is that of the stage whose job makes it
        files["benchmark"] = ""
    return {**where, "result": result, "classes": list(own), **files}


def _chunk(plan: Plan, stage: str, corpus: str, class_id: str) -> tuple[Iterable[str], str]:
    """Classes of the job that makes a class, and what its log is called."""
    for chunk in plan.chunks(stage):
        if corpus in chunk.corpora and class_id in (chunk.classes or (class_id,)):
            label = chunk.label.format(class_id=class_id)
            return chunk.classes or (class_id,), label
    raise ValueError(f"no job of the stage {stage} makes class {class_id} of {corpus}")


def _files(plan: Plan, depth: int, fields: Any, *names: str) -> dict[str, str]:
    return {
        "benchmark": paths.benchmark(plan.config.results, depth, fields, *names),
        "log": paths.log(plan.config.results, depth, fields, *names),
    }
