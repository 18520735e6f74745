"""Settings of the stages of probes; ``context`` and ``wildcards`` as in `stages.settings`."""

from collections.abc import Mapping
from typing import Any

from unhans.pipeline import network_settings
from unhans.pipeline.context import Context


def of_movement(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage movement: which images are changed, and how, and what explains them.

    That is the first composite: one is enough to find where a network looks.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    own = {"families": context.plain["interventions"]["families"], **_chosen(context)}
    return {**own, "composite": context.plain["attribution"]["composites"][0]}


def of_predictability(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage predictability, with the part of the images that its pictures show.

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
    named = {"names": context.classes.names(wildcards.corpus)}
    return {**context.plain["predictability"], **named, "seen": context.plain["properties"]["seen"]}


def of_interventions(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage interventions, with the names that its table bears.

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
    return {**context.plain["interventions"], **network_settings.of_accuracy(context, wildcards)}


def of_probes(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage probes. Its images are those that the interventions changed.

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
    return {**_chosen(context), "classes": context.classes.analysed(wildcards.corpus)}


def of_probes_page(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage probes_page: which part of the images the properties are of.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    return {"seen": context.plain["properties"]["seen"]}


def _chosen(context: Context) -> dict[str, Any]:
    """Which images are changed."""
    return {key: context.plain["interventions"][key] for key in ("images", "splits", "seed")}
