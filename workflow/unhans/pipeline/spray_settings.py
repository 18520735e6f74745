"""Settings of the stages from attribution to the embedding, and the modules of metrics.

``context`` and ``wildcards`` are those of `stages.settings`.
"""

from collections.abc import Mapping
from typing import Any

from unhans.choices import is_own_metric, metric_choice
from unhans.pipeline import own_code
from unhans.pipeline.context import Context


def of_attribution(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage attribution at a point of the grid.

    Parameters
    ----------
    context : Context
        Of the run.
    wildcards : Wildcards or Analysis
        The point of the grid.

    Returns
    -------
    dict
    """
    chosen = {key: context.plain["attribution"][key] for key in ("engine", "precision")}
    return {"composite": wildcards.composite, **chosen}


def of_concepts(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage concepts at a point of the grid.

    Parameters
    ----------
    context : Context
        Of the run.
    wildcards : Wildcards or Analysis
        The point of the grid.

    Returns
    -------
    dict
    """
    layers = context.config.layers_of(wildcards.corpus)
    return {**of_attribution(context, wildcards), "layers": layers}


def of_activations(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage activations. They come with heatmaps of any composite, and are the same.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    return {"precision": context.plain["attribution"]["precision"]}


def of_preprocessing(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage preprocessing at a point of the grid.

    Parameters
    ----------
    context : Context
        Of the run.
    wildcards : Wildcards or Analysis
        The point of the grid.

    Returns
    -------
    dict
    """
    steps = context.plain["preprocessing"][wildcards.representation]
    given = [{key: value for key, value in step.items() if value is not None} for step in steps]
    return {"steps": given}


def of_class_sample(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage class_sample; which classes are drawn from is said by its inputs.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    section = context.plain["class_sample"]
    return {key: section[key] for key in section if key != "classes"}


def of_distance(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage distance at a point of the grid.

    Parameters
    ----------
    context : Context
        Of the run.
    wildcards : Wildcards or Analysis
        The point of the grid.

    Returns
    -------
    dict
    """
    section = {**context.plain["distance"], "n_candidates": context.config.n_candidates}
    options = metric_choice(wildcards.metric).options
    chosen = {key: section[key] for key in options if section[key] is not None}
    if is_own_metric(wildcards.metric):
        chosen["source"] = own_code.source_digest(wildcards.metric, "distance: metric")
    return {"metric": wildcards.metric, **chosen}


def of_audit(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage audit at a point of the grid.

    Parameters
    ----------
    context : Context
        Of the run.
    wildcards : Wildcards or Analysis
        The point of the grid.

    Returns
    -------
    dict
    """
    measured = of_distance(context, wildcards)
    return {
        **context.plain["audit"],
        **{key: measured[key] for key in measured if key != "n_candidates"},
    }


def of_affinity(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage affinity at a point of the grid.

    Parameters
    ----------
    context : Context
        Of the run.
    wildcards : Wildcards or Analysis
        The point of the grid.

    Returns
    -------
    dict
    """
    return {"knn": int(wildcards.knn)}


def of_embedding(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage embedding at a point of the grid.

    Parameters
    ----------
    context : Context
        Of the run.
    wildcards : Wildcards or Analysis
        The point of the grid.

    Returns
    -------
    dict
    """
    return {"q": int(wildcards.q), "seed": context.config.embedding.seed}


def modules_of_metric(wildcards: Any) -> tuple[str, ...]:
    """Module of the metric that distances are measured by.

    Parameters
    ----------
    wildcards : Wildcards or Analysis
        The point of the grid.

    Returns
    -------
    tuple of str
        Names without the leading ``unhans.``.
    """
    own = is_own_metric(wildcards.metric)  # its file is a setting
    return () if own else (f"spray.distance.{wildcards.metric}",)


def modules_of_reference(wildcards: Any) -> tuple[str, ...]:
    """Metric that an audit measures by, and the other one whose upper bounds it asks for.

    Parameters
    ----------
    wildcards : Wildcards or Analysis
        The point of the grid.

    Returns
    -------
    tuple of str
        Names without the leading ``unhans.``.
    """
    reference = metric_choice(wildcards.metric).reference or wildcards.metric
    rival = metric_choice(reference).rival
    return tuple(f"spray.distance.{metric}" for metric in (reference, rival) if metric)
