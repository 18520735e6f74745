"""Report findings: what the first page of Snakemake's report says, read from the tables of a run."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from unhans.io import tsv
from unhans.pipeline import opening, targets
from unhans.pipeline.plan import Plan
from unhans.reporting import report_page
from unhans.reporting.explorer import overview

FILES = {
    "findings": "findings.tsv",
    "indicators": "findings_indicators.tsv",
    "responses": "candidate_response.tsv",
    "suggestions": "suggestions.tsv",
}
"""Tables that tell of the findings of a corpus, network and composite together."""


def gather(plan: Plan) -> dict[str, Any]:
    """Gather the parts of the page from what there is.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    dict
        ``parts``, see `report_page.parts`, none where there is no ranking; ``explorer``, the path of the
        explorer, empty where there is none.

    Raises
    ------
    StoreError
        A table is damaged or was edited.
    """
    ranking = Path(plan.beside(0, None, "ranking.tsv"))
    explorer = ranking.parent / opening.PAGE
    found = {"explorer": report_page.plain(str(explorer)) if explorer.exists() else ""}
    if not ranking.exists():
        return {**found, "parts": []}
    whole = [paths for paths in _of_findings(plan) if all(map(os.path.exists, paths.values()))]
    tables = overview.Tables(
        tsv.read_tsv(ranking),
        **{name: _tables(paths[name] for paths in whole) for name in FILES},
        accuracies=_tables(targets.of_networks(plan, "accuracy.tsv")),
        probes=_tables(targets.of_networks(plan, "probes.tsv")),
    )
    classes = {
        plan.result("explorer_class", analysis, class_id): "ok"
        for analysis, class_id in plan.analysed_classes()
    }

    def folder_of(one: Mapping[str, Any]) -> Path:
        names = [one[name] for name in ("corpus", "model", "composite")]
        return ranking.parent.joinpath(*names, "findings")

    return {**found, "parts": report_page.parts(overview.collect(tables, classes), folder_of)}


def _of_findings(plan: Plan) -> list[dict[str, str]]:
    """Paths of `FILES`, of each corpus, network and composite."""
    found = zip(*(targets.explained(plan, name) for name in FILES.values()), strict=True)
    return [dict(zip(FILES, paths, strict=True)) for paths in found]


def _tables(paths: Iterable[str]) -> dict[str, pd.DataFrame]:
    return {path: tsv.read_tsv(path) for path in paths if Path(path).exists()}
