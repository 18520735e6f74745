"""Settings of the stages that make a network, and of what it answers for a corpus.

``context`` and ``wildcards`` are those of `stages.settings`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unhans.choices import is_weight_file
from unhans.pipeline import read_files
from unhans.pipeline.context import Context


def of_training(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage training.

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
    section: Mapping[str, Any] = context.plain["model"][wildcards.model]
    return section


def of_model(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage model: what the network is made of.

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
    section = context.plain["model"][wildcards.model]
    chosen = {key: section[key] for key in ("architecture", "weights", "seed")}
    said = section["transform"]
    chosen["transform"] = {key: value for key, value in said.items() if value is not None}
    if section["weights"] is None and ":" not in section["architecture"]:
        # Elsewhere the network has the outputs that it has, and more names change none of them.
        chosen["classes"] = len(context.classes.output_names(wildcards.corpus))
    if is_weight_file(section["weights"]):
        # A file that moves stays the same: its content has a hash.
        chosen["weights"] = Path(section["weights"]).name
    if ":" in section["architecture"]:
        chosen |= read_files.own(section["architecture"], context.config.results, wildcards)
    return chosen


def of_fine_tuning(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage fine_tuning.

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
    corpus = context.plain["corpus"][wildcards.corpus]
    return {
        **of_model(context, wildcards),
        "fine_tuning": context.plain["model"][wildcards.model]["fine_tuning"],
        "classes": len(context.classes.output_names(wildcards.corpus)),
        "planting": corpus["planting"],
    }


def of_accuracy(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stages that need only to know the network and the classes.

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
    names = {"corpus": wildcards.corpus, "model": wildcards.model}
    return {**names, "classes": context.classes.analysed(wildcards.corpus)}
