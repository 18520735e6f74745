"""Paper inputs: what the rules of the paper's figures read."""

from typing import Any

from unhans.paths import RESULT, Analysis
from unhans.pipeline import paper_figures
from unhans.pipeline.plan import Plan
from unhans.pipeline.stages import STAGES


def figures(plan: Plan) -> list[str]:
    """Figures that the configuration allows, but those of the method (2 and 3).

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        Paths.
    """
    found = paper_figures.planned(plan.context).values()
    return [
        plan.beside(0, None, f"paper/{one.file}") for one in found if one.stage.startswith("paper_")
    ]


def missing(plan: Plan) -> list[str]:
    """Tables that say why one of these figures could not be drawn.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        Paths, in the order of `figures`.
    """
    found = paper_figures.planned(plan.context).values()
    return [
        plan.beside(0, None, f"paper/missing{one.number:02d}.tsv")
        for one in found
        if one.stage.startswith("paper_")
    ]


def numbers(plan: Plan, stage: str) -> list[str]:
    """Numbers of the figures that a stage draws, as its wildcard has them.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        Name of the stage.

    Returns
    -------
    list of str
        ``04``, and so on.
    """
    return [f"{one.number:02d}" for one in paper_figures.of_stage(plan.context, stage)]


def of_clusters(plan: Plan, stage: str, wildcards: Any) -> list[str]:
    """Results of a stage for the classes that a figure of clusters reads.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        Name of a stage of classes.
    wildcards : Wildcards
        Of the job; ``number`` is read.

    Returns
    -------
    list of str
        Paths.
    """
    figure = paper_figures.of_wildcards(plan.context, wildcards)
    names = paper_figures.classes_of(plan.context, figure)
    return [plan.result(stage, figure.analysis, name) for name in names]


def record_of_clusters(plan: Plan, wildcards: Any) -> str:
    """Record of the network of a figure of clusters.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``number`` is read.

    Returns
    -------
    str
    """
    figure = paper_figures.of_wildcards(plan.context, wildcards)
    return plan.beside(2, figure.analysis, f"model{RESULT}")


def of_networks(plan: Plan, stage: str, _: Any = None) -> list[str]:
    """Results of a stage for each artefact and network that figure 11 compares.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        ``corpus`` or ``attribution``: one a network and artefact, the networks of an artefact in
        succession. ``model``: one a network. ``prepared_artefact``: one an artefact.

    Returns
    -------
    list of str
        Paths.
    """
    figure = paper_figures.planned(plan.context)[11]
    if stage == "prepared_artefact":
        return [plan.result(stage, row, row.artefact) for row in figure.rows]
    if stage == "model":
        row = figure.rows[0]
        points = [Analysis(row.corpus, model, "", "", "", 0, 0) for model in figure.models]
        return [plan.beside(2, point, f"model{RESULT}") for point in points]
    return [
        plan.result(stage, Analysis(row.corpus, model, row.composite, "", "", 0, 0), row.class_id)
        for row in figure.rows
        for model in figure.models
    ]


def of_artefacts(plan: Plan, stage: str, ending: str, wildcards: Any) -> list[str]:
    """Results of a stage for the accepted artefacts of a figure, if it reads the stage.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        ``accepted_response``, ``unhansing``, ``prepared_artefact`` or ``model``.
    ending : str
        Of the file's name, after that of the artefact.
    wildcards : Wildcards
        Of the job; ``number`` is read.

    Returns
    -------
    list of str
        Paths.
    """
    figure = paper_figures.of_wildcards(plan.context, wildcards)
    if (figure.number == 7) != (stage == "accepted_response"):
        return []
    if stage == "model":
        return [plan.beside(2, row, f"model{RESULT}") for row in figure.rows]
    depth = STAGES[stage].depth
    return [plan.beside(depth, row, f"{stage}/{row.artefact}{ending}") for row in figure.rows]
