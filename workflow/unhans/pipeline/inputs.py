"""Inputs: what the rules of networks and of accepted artefacts read besides results of a class."""

import os
from typing import Any

from unhans.pipeline import accepted_rows
from unhans.pipeline.plan import Plan
from unhans.pipeline.stages import STAGES, is_file


def networks(plan: Plan, trained: bool) -> list[str]:
    """Names of the networks that are trained here, or of the others."""
    return [name for name in plan.config.model if plan.context.trained(name) == trained]


def weights(plan: Plan, wildcards: Any) -> list[str]:
    """Local file of a network's weights, if it has one."""
    named = plan.context.plain["model"][wildcards.model]["weights"]
    return [os.path.expanduser(named)] if is_file(named) else []


def sha256(plan: Plan, wildcards: Any) -> str | None:
    """Hash that the configuration gives of a network's weights."""
    given: str | None = plan.context.plain["model"][wildcards.model]["sha256"]
    return given


def artefacts(plan: Plan) -> list[str]:
    """Names of the accepted artefacts."""
    return [row.artefact for row in plan.context.accepted]


def pictures(plan: Plan, wildcards: Any) -> list[str]:
    """Pictures of an accepted artefact that a person drew."""
    return accepted_rows.pictures(plan.context.artefact(wildcards))


def evidence(plan: Plan, wildcards: Any) -> dict[str, str]:
    """Results that say which images of its class show an accepted artefact, by stage.

    Empty where the class has no images, and a picture is all that there is.
    """
    row = plan.context.artefact(wildcards)
    if row.class_id not in plan.classes.analysed(row.corpus):
        return {}
    analysis = accepted_rows.analysis_of(row, plan.config.analyses())
    stages = ("corpus", "attribution", accepted_rows.evidence(row))
    return {stage: plan.result(stage, analysis, row.class_id) for stage in stages}


def findings(plan: Plan, wildcards: Any) -> list[str]:
    """Findings that say by which indicator the class of an accepted artefact was flagged, if needed."""
    row = plan.context.artefact(wildcards)
    if row.analysis or row.class_id not in plan.classes.analysed(row.corpus):
        return []
    return [plan.beside(STAGES["findings"].depth, row, "findings.tsv")]
