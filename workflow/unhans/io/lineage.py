"""Lineage: settings and code of the stages that a result comes from, held against the configuration."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from unhans.errors import StoreError

Lineage: TypeAlias = Mapping[str, Mapping[str, Any]]
"""By the name of each stage, its ``parameters`` and the digest of its ``code``."""


def check_lineage(path: str, found: Lineage, expected: Lineage) -> None:
    """Refuse a stale result: Snakemake overlooks changed parameters once its own records are lost.

    Parameters
    ----------
    path : str
        Of the result, for the message.
    found : mapping of str to dict
        Its lineage.
    expected : mapping of str to dict
        Lineage by the present configuration.

    Raises
    ------
    StoreError
        They differ; the message names the first stage that does.

    """
    for stage in (*expected, *(stage for stage in found if stage not in expected)):
        recipe, wanted = found.get(stage, {}), expected.get(stage, {})
        if recipe != wanted:
            key = "code" if recipe.get("parameters") == wanted.get("parameters") else "parameters"
            raise StoreError(
                f"{path}: stale: its stage '{stage}' was made with {key} {recipe.get(key)}, "
                f"expected {wanted.get(key)}. Delete it and the results it was made from, "
                f"back to stage '{stage}', and run again"
            )
