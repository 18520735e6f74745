"""Inputs: what the rules of networks and of accepted artefacts read besides results of a class."""

import hashlib
import os
from typing import Any

from unhans.choices import is_weight_file
from unhans.pipeline import accepted_rows
from unhans.pipeline.plan import ANY, Plan
from unhans.pipeline.stages import STAGES


def networks(plan: Plan, stage: str) -> list[str]:
    """Names of the networks that a stage makes.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        ``training``, ``fine_tuning`` or ``model``.

    Returns
    -------
    list of str
    """
    return [name for name in plan.config.model if plan.context.network_stage(name) == stage]


def hosts(plan: Plan, wildcards: Any) -> list[str]:
    """Images of the classes that pieces of other classes are put into.

    The classes are those whose names have the least digests. One class more leaves the choice as it is,
    unless its own digest is among the least.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``corpus`` is read.

    Returns
    -------
    list of str
        Results of the stage ``corpus``.
    """
    section = plan.config.hosts

    def digest(name: str) -> bytes:
        return hashlib.sha256(f"{section.seed}/{name}".encode()).digest()

    chosen = sorted(plan.classes.analysed(wildcards.corpus), key=digest)[: section.images]
    return [plan.result("corpus", wildcards, name) for name in sorted(chosen)]


def weights(plan: Plan, wildcards: Any) -> list[str]:
    """Local file of a network's weights, if it has one.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``model`` is read.

    Returns
    -------
    list of str
        One path, or none.
    """
    named = plan.context.plain["model"][wildcards.model]["weights"]
    return [os.path.expanduser(named)] if is_weight_file(named) else []


def sha256(plan: Plan, wildcards: Any) -> str | None:
    """Hash that the configuration gives of a network's weights.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``model`` is read.

    Returns
    -------
    str or None
        Hexadecimal digits, which may be a beginning; None where none is given.
    """
    given: str | None = plan.context.plain["model"][wildcards.model]["sha256"]
    return given


def table(plan: Plan, wildcards: Any) -> str | None:
    """File of labels of a corpus within its root.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``corpus`` is read.

    Returns
    -------
    str or None
        None for folders of classes, and digits.
    """
    named: str | None = plan.context.plain["corpus"][wildcards.corpus].get("table")
    return named


def artefacts(plan: Plan) -> list[str]:
    """Names of the accepted artefacts.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str

    Raises
    ------
    ConfigError
        The table of accepted artefacts is not valid; see `accepted_rows.read`.
    """
    return [row.artefact for row in plan.context.accepted]


def pictures(plan: Plan, wildcards: Any) -> list[str]:
    """Pictures of an accepted artefact that a person drew.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``artefact`` is read.

    Returns
    -------
    list of str
        Paths; none where unhans suggests mask and template.
    """
    return accepted_rows.pictures(plan.context.artefact(wildcards))


def evidence(plan: Plan, wildcards: Any) -> dict[str, str]:
    """Results that say which images of its class show an accepted artefact, by stage.

    Empty where the class has no images, and a picture is all that there is.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``artefact`` is read.

    Returns
    -------
    dict of str to str
        Path by stage.
    """
    row = plan.context.artefact(wildcards)
    if row.class_id not in plan.classes.analysed(row.corpus):
        return {}
    analysis = accepted_rows.analysis_of(row, plan.config.analyses())
    stages = ("corpus", "attribution", accepted_rows.evidence(row))
    return {stage: plan.result(stage, analysis, row.class_id) for stage in stages}


def findings(plan: Plan, wildcards: Any) -> list[str]:
    """Findings that say by which indicators the class of an accepted artefact is flagged, if needed.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``artefact`` is read.

    Returns
    -------
    list of str
        One path; none where the artefact is a cluster, or its class is not analysed.
    """
    row = plan.context.artefact(wildcards)
    if row.analysis or row.class_id not in plan.classes.analysed(row.corpus):
        return []
    return [plan.beside(STAGES["findings"].depth, row, "findings_indicators.tsv")]


def photographs(plan: Plan) -> list[str]:
    """Path of the images of one class, of the first corpus of image files.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        One path; none without such a corpus.

    """
    corpus = plan.settings("photo_marks_figure")["corpus"]
    if corpus is None:
        return []
    return [plan.result("corpus", ANY._replace(corpus=corpus), plan.classes.needed(corpus)[0])]


def some_images(plan: Plan, wildcards: Any) -> list[str]:
    """Path of the images of one class: a few of them are explained when a network is checked.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : any
        With the corpus.

    Returns
    -------
    list of str
        Of the first class that is needed.

    """
    return plan.every_needed(wildcards)[:1]
