"""Lineage: settings and code of the stages that a result comes from, held against the configuration."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from unhans.errors import StoreError

Lineage: TypeAlias = Mapping[str, Mapping[str, Any]]
"""By the name of each stage, its ``parameters`` and the digest of its ``code``."""


def unlimited(found: int) -> dict[str, int]:
    """Note in a lineage that a limit left nothing out, so that another one may do as well.

    Parameters
    ----------
    found : int
        How many there are.

    Returns
    -------
    dict
        In the place of the limit. Any limit of at least ``found``, or none, agrees with it.

    """
    return {"all": found}


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
    said = difference(found, expected)
    if said:
        stage = differing(found, expected)
        raise StoreError(
            f"{path}: stale: {said}. Delete it and the results it was made from, "
            f"back to stage '{stage}', and run again"
        )


def difference(found: Lineage, expected: Lineage) -> str:
    """Say in which stage, and in what of it, a lineage differs from what is expected.

    Parameters
    ----------
    found, expected : mapping of str to dict
        See `differing`.

    Returns
    -------
    str
        Of the first stage that differs; empty where they agree.

    """
    stage = differing(found, expected)
    if stage is None:
        return ""
    recipe, wanted = found.get(stage, {}), expected.get(stage, {})
    alike = _agree(recipe.get("parameters", {}), wanted.get("parameters", {}))
    key = "code" if alike else "parameters"
    return f"its stage '{stage}' was made with {key} {recipe.get(key)}, expected {wanted.get(key)}"


def differing(found: Lineage, expected: Lineage) -> str | None:
    """Find the first stage of a lineage that is not as it is expected.

    Parameters
    ----------
    found, expected : mapping of str to dict
        Lineage of a result, and lineage by the present configuration.

    Returns
    -------
    str or None
        None where they agree. A limit that was not reached agrees with any that is not; see
        `unlimited`.

    """
    for stage in (*expected, *(stage for stage in found if stage not in expected)):
        if stage not in found or stage not in expected:
            return stage
        own, asked = found[stage], expected[stage]
        if own["code"] != asked["code"] or not _agree(own["parameters"], asked["parameters"]):
            return stage
    return None


def _agree(found: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """Whether parameters are the same but for limits that were not reached."""
    return found.keys() == expected.keys() and all(
        value == expected[name] or _reaches(expected[name], value) for name, value in found.items()
    )


def _reaches(limit: Any, found: Any) -> bool:
    """Whether a limit, or none, takes all of what was found; see `unlimited`."""
    if not (isinstance(found, Mapping) and found.keys() == {"all"}):
        return False
    return limit is None or (isinstance(limit, int) and limit >= found["all"])
