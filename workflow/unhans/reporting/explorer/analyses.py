"""Analyses: what each analysis of a class holds, as the explorer shows it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from unhans.io.store import Result
from unhans.paths import parse_analysis
from unhans.reporting import standing
from unhans.reporting.explorer.encoding import packed
from unhans.spray import eigengap

STAGES = ("affinity", "embedding", "clustering", "separability", "projection")
"""Stages of an analysis that are shown. An analysis that is not drawn has no projection."""

STANDING = 4
"""Clusters of an analysis that are offered first, those of lowest conductance."""


def describe(results: Mapping[str, Result]) -> list[dict[str, Any]]:
    """Describe the analyses of a class.

    Parameters
    ----------
    results : mapping of str to Result
        Under ``<stage>_<number>``, of the stages `STAGES`: the results of one class by one analysis have
        the same number. Other names are passed over.

    Returns
    -------
    list of dict
        One an analysis, by number. One with a result that was set aside says why, and one without a
        projection has none.

    """
    grouped: dict[int, dict[str, Result]] = {}
    for name, result in results.items():
        stage, _, number = name.rpartition("_")
        if stage in STAGES:
            grouped.setdefault(int(number), {})[stage] = result
    return [_described(grouped[number]) for number in sorted(grouped)]


def _described(own: Mapping[str, Result]) -> dict[str, Any]:
    analysis, _ = parse_analysis(str(own["embedding"].path))
    path = analysis.comparison
    needed = [own[stage] for stage in STAGES if stage != "projection"]
    aside = [one.attributes["reason"] for one in needed if one.attributes["status"] != "ok"]
    if aside:
        return {"path": path, "status": aside[0]}
    values, nested = own["embedding"]["eigenvalue"], own["clustering"]["nested"]
    return {
        "path": path,
        "status": "ok",
        "eigenvalues": values,
        "gap": eigengap.eigengap(values) if len(values) >= 3 else None,
        "embedding": packed(own["embedding"]["embedding"], "f4"),
        "k": own["clustering"]["k"],
        "labels": packed(nested, "u1" if nested.max(initial=0) < 256 else "u2"),
        "fisher": own["separability"]["fisher"],
        "tau": own["separability"]["tau"][0] if own["separability"]["tau"].size else None,
        "standing": _standing(own),
        "projections": _projections(own.get("projection")),
    }


def _standing(own: Mapping[str, Result]) -> list[dict[str, Any]]:
    return [
        {
            **{"k": one.k, "cluster": one.cluster},
            **{"conductance": one.conductance, "images": len(one.members)},
        }
        for one in standing.clusters(own["affinity"], own["clustering"], STANDING)
    ]


def _projections(result: Result | None) -> dict[str, Any]:
    """Points in the plane by method; none where a class has too few images for them."""
    if result is None or result.attributes["status"] != "ok":
        return {}
    methods = result.attributes["methods"]
    return {name: packed(np.asarray(result[name]), "f4") for name in methods}
