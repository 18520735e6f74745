"""Attributes of results: those that every result has, checked before anything reads them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unhans.errors import StoreError
from unhans.types import STORE_FORMAT

STATUS = ("ok", "set aside")


def check(path: Path, attributes: Mapping[str, Any]) -> None:
    """Refuse a result of another format, and one that lacks what every result says of itself.

    Parameters
    ----------
    path : Path
        Of the result, for the message.
    attributes : mapping of str to JSON values
        As they were read from it.

    Raises
    ------
    StoreError
        The message names the file and the attribute.

    """
    found = attributes.get("format")
    if found != STORE_FORMAT:
        raise StoreError(
            f"{path}: has result format {found}, this version reads {STORE_FORMAT}; "
            "delete the file and run again"
        )
    wrong = _wrong(attributes)
    if wrong is not None:
        said = f"it is {attributes[wrong]!r:.60}" if wrong in attributes else "there is none"
        raise StoreError(
            f"{path}: damaged (attribute '{wrong}': {said}). "
            "Delete the file and run again: it will be computed anew"
        )


def _wrong(attributes: Mapping[str, Any]) -> str | None:
    """Name of the first attribute that is missing or of another kind."""
    if attributes.get("status") not in STATUS:
        return "status"
    texts = ("stage", "fingerprint" if attributes["status"] == "ok" else "reason")
    for name in texts:
        if not isinstance(attributes.get(name), str):
            return name
    lineage = attributes.get("lineage")
    if not (isinstance(lineage, Mapping) and all(map(_is_recipe, lineage.values()))):
        return "lineage"
    fingerprints = (name for name in ("inputs", "made_from") if not _is_map(attributes.get(name)))
    return next(fingerprints, None)


def _is_map(fingerprints: Any) -> bool:
    """Whether it names fingerprints; a class that was set aside has none."""
    return isinstance(fingerprints, Mapping) and all(
        value is None or isinstance(value, str) for value in fingerprints.values()
    )


def _is_recipe(stage: Any) -> bool:
    return (
        isinstance(stage, Mapping)
        and isinstance(stage.get("parameters"), Mapping)
        and isinstance(stage.get("code"), str)
    )
