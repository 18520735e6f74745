"""Settings of the stages that say what tau of a class can be compared with.

``context`` and ``wildcards`` are those of `stages.settings`.
"""

from collections.abc import Mapping
from typing import Any

from unhans.pipeline.context import Context


def of_clustering(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage clustering; ``capped`` where small classes are ranked too.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    capped = context.config.ranking.small_classes == "capped"
    return {**context.config.clustering.model_dump(), **({"capped": True} if capped else {})}


def of_interval(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage interval at a point of the grid.

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
    graph = {"knn": int(wildcards.knn), "q": int(wildcards.q)}
    return {**context.config.interval.model_dump(), **graph, "ks": context.config.clustering.ks()}


def of_tau_null(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage tau_null.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    return {**context.config.tau_null.model_dump(), "ks": context.config.clustering.ks()}
