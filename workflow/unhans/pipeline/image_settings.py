"""Settings of the stages of images; ``context`` and ``wildcards`` as in `stages.settings`."""

from collections.abc import Mapping
from typing import Any

from unhans.images import attributes, class_index
from unhans.pipeline.context import Context


def of_corpus(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage corpus.

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
    section = context.plain["corpus"][wildcards.corpus]
    # The choice of classes and the place of the images change none of them, nor do attributes. What a
    # table of labels or of indices says of a class is part of the class's entry.
    without = {"classes", "root", "class_index", "table", "attributes"}
    if section["source"] != "digits" and not section["planting"]:
        without.add("planting")
    return {key: section[key] for key in section if key not in without}


def of_manifest(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage manifest: its classes, what was noticed, and attributes of images.

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
    needed, found = context.classes.needed(wildcards.corpus), context.classes.catalogues
    exclude = context.plain["corpus"][wildcards.corpus].get("exclude", [])
    own = {"classes": needed, "notes": found[wildcards.corpus].notes, "exclude": exclude}
    return {**own, **of_attributes(context, wildcards.corpus)}


def of_explorer_class(context: Context, wildcards: Any) -> Mapping[str, Any]:
    """Settings of the stage explorer_class, and attributes of images.

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
    return {**context.plain["explorer"], **of_attributes(context, wildcards.corpus)}


def of_group_attributes(context: Context, _: Any) -> Mapping[str, Any]:
    """Settings of the stage group_attributes: the attributes of each corpus that has some.

    Parameters
    ----------
    context : Context
        Of the run.

    Returns
    -------
    dict
    """
    # Their values come with the manifests: every job that starts would read the tables otherwise.
    asked = {name: own.get("attributes") for name, own in context.plain["corpus"].items()}
    return {"columns": {name: own["columns"] for name, own in asked.items() if own}}


def of_attributes(context: Context, corpus: str) -> dict[str, Any]:
    """Attributes that the configuration of a corpus names, with a digest of their values.

    Parameters
    ----------
    context : Context
        Of the run.
    corpus : str
        Name of the corpus.

    Returns
    -------
    dict
        ``attributes``; empty where there are none, so that other settings stay as they were.

    Raises
    ------
    ConfigError
        See `attributes.read`.
    """
    section = context.plain["corpus"][corpus]
    asked = section.get("attributes")
    if not asked:
        return {}
    table, columns = asked["table"] or section["table"], tuple(asked["columns"])
    key = f"corpus.{corpus}"
    found = attributes.read(class_index.root_of(section["root"], key), table, columns, key)
    return {"attributes": {"table": table, "columns": list(columns), "digest": found.digest}}
