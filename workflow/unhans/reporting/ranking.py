"""Ranking: the global table of tau, over every class of every analysis."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from unhans.errors import StoreError
from unhans.io import provenance
from unhans.io.lineage import Lineage, check_lineage
from unhans.io.store import Result
from unhans.paths import Analysis, parse_analysis, parse_beside
from unhans.probes.shortcuts import SHORTCUT
from unhans.reporting import comparability, confusion
from unhans.reporting.comparability import OK, Known

COLUMNS = [
    *Analysis._fields,
    *("class", "name", "n", "tau", "rank", "status", "planted", "components"),
    *("score", "p", "flagged", "shortcuts"),
    *("accuracy", "confusion"),
    *comparability.COLUMNS,
]

COUNTED = ["n", "components", "rank", "rank_low", "rank_high", "q_used", "k_used"]
"""Columns of integers that may be missing."""

Failed = Callable[[Analysis, str], str]
"""Returns why a class has no result in this run; an empty text where nothing failed."""


@dataclass(frozen=True, eq=False)
class Settings:
    """Settings of a ranking.

    Parameters
    ----------
    lineage : mapping of str to Lineage
        By the path of an analysis, the lineage that its results must have.
    planted : mapping of str to mapping of str to str
        By corpus and class, the kind of artefact planted in the class, where it is known.
    names : mapping of str to mapping of str to str
        By corpus and class, the readable name of the class.
    outputs : mapping of str to mapping of str to int
        By corpus and class, the index of the output that the class must be explained by; a class that
        is not in it is not checked.
    subsets_lineage : mapping of str to Lineage
        By the path of an analysis, the lineage that results of the stage interval must have.
    small_classes : {"unranked", "capped"}
        Whether a class that is too small for q and k has no rank, or that of fewer eigenvectors and
        clusters.

    """

    lineage: Mapping[str, Lineage]
    planted: Mapping[str, Mapping[str, str]]
    names: Mapping[str, Mapping[str, str]]
    outputs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    subsets_lineage: Mapping[str, Lineage] = field(default_factory=dict)
    small_classes: str = "unranked"


@dataclass(frozen=True, eq=False)
class Beside:
    """Results that stand beside tau in a ranking.

    Parameters
    ----------
    findings : mapping of str to DataFrame
        Findings by path, ``<corpus>/<model>/<composite>/findings.tsv``.
    confusions : mapping of str to DataFrame
        Which classes each network predicts, by path, ``<corpus>/<model>/confusion.tsv``.
    probes : mapping of str to DataFrame
        Shortcuts that cover whole classes, by path, ``<corpus>/<model>/probes.tsv``.
    subsets : mapping of str to Result
        Results of the stage interval by path, for the intervals of tau.
    null : DataFrame or None
        From `structureless.tabulate`: tau of classes without structure.

    """

    findings: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    confusions: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    probes: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    subsets: Mapping[str, Result] = field(default_factory=dict)
    null: pd.DataFrame | None = None


def collect(
    results: Mapping[str, Result],
    settings: Settings,
    beside: Beside,
    failed: Failed | None = None,
) -> pd.DataFrame:
    """Gather tau of every class into one table, ranked within each analysis.

    Parameters
    ----------
    results : mapping of str to Result
        Results of the stage separability by path, one for each class and analysis; see
        `store.by_path`. They are read one after the other.
    settings : Settings
        What the results must be made from, and what is known of the classes.
    beside : Beside
        Results that stand beside tau.
    failed : callable, optional
        For a run that failed: returns why a class has no result. A result that cannot be read is
        then the status of its class. By default it is an error.

    Returns
    -------
    DataFrame
        A row for each class and analysis, columns `COLUMNS`. Rank 1 is the highest tau within the
        analysis, or the highest ``n_tau`` where classes differ in size (see ``ranked_by``). A class
        that was set aside, has no result, or is too small has neither tau nor rank, and its ``status``
        is the reason. ``score``, ``p`` and ``flagged`` are those of the findings, the same in all
        analyses of a composite. ``shortcuts`` names what covers the whole class and is used, by families
        of properties. ``accuracy`` and ``confusion`` (the other class that is predicted most
        often, with its share) are those of the network. A class that seems to have the output of
        another keeps its tau, and its ``status`` says so.

    Raises
    ------
    StoreError
        A result is missing or damaged, or was made with other parameters or code than the config
        asks for.

    """
    found, answers = _findings_by_class(beside.findings), _answers_by_class(beside.confusions)
    shortcuts = _shortcuts_by_class(beside.probes)
    measured = _Measured(results, settings, beside, bool(failed))
    rows = []
    for path in results:
        analysis, class_id = parse_analysis(path)
        # A class that failed may still have a result: of an earlier run, from other input.
        reason = failed(analysis, class_id) if failed else ""
        row = {**analysis._asdict(), "class": class_id, **_known_of(analysis, class_id, settings)}
        row |= found.get((*analysis.explanation, class_id), {})
        row["shortcuts"] = ", ".join(shortcuts.get((*analysis.network, class_id), ()))
        row |= {"status": reason} if reason else measured.entry(path)
        answer = answers.get((*analysis.network, class_id), confusion.NO_ANSWER)
        row |= {"accuracy": answer.accuracy, "confusion": answer.confusion}
        if not failed:
            _check_output(path, answer.output, settings.outputs.get(analysis.corpus, {}), class_id)
        if answer.remark and row["status"] == OK:
            row["status"] = answer.remark
        rows.append(row)
    return rank(pd.DataFrame(rows).reindex(columns=COLUMNS))


def _known_of(analysis: Analysis, class_id: str, settings: Settings) -> dict[str, str]:
    """Readable name of a class, and what was planted in it."""
    name = settings.names[analysis.corpus].get(class_id, class_id)
    return {"name": name, "planted": settings.planted[analysis.corpus].get(class_id, "")}


def rank(table: pd.DataFrame) -> pd.DataFrame:
    """Rank classes within each analysis, and sort by rank.

    Parameters
    ----------
    table : DataFrame
        Columns `COLUMNS`.

    Returns
    -------
    DataFrame
        The same rows, analyses in their order; equal values share the better rank, and classes
        without tau come last. See `comparability.ranks`.

    """
    order = list(dict.fromkeys(table[list(Analysis._fields)].itertuples(index=False, name=None)))
    place = {key: number for number, key in enumerate(order)}
    analyses = list(Analysis._fields)
    own = table.columns.difference(comparability.RANKS, sort=False)
    known = table[own].assign(tau=table["tau"].astype(float), n=table["n"].astype("Int64"))
    groups = known.groupby(analyses, sort=False, dropna=False)
    ranks = pd.concat([comparability.ranks(part) for _, part in groups])
    ranked = known.join(ranks).assign(
        place=[place[key] for key in table[analyses].itertuples(index=False, name=None)],
    )
    ranked = ranked.astype(dict.fromkeys(COUNTED, "Int64"))
    ranked = ranked.sort_values(["place", "rank"], kind="stable", na_position="last")
    return ranked[COLUMNS].reset_index(drop=True)


def by_analysis(table: pd.DataFrame) -> list[tuple[Analysis, pd.DataFrame]]:
    """Split a ranking into its analyses.

    Parameters
    ----------
    table : DataFrame
        The ranking.

    Returns
    -------
    list of (Analysis, DataFrame)
        In the order of the ranking.

    """
    groups = table.groupby(list(Analysis._fields), sort=False)
    return [(Analysis._make(key), part) for key, part in groups]


class _Measured:
    """tau of each class, with what says how sure it is."""

    def __init__(
        self, results: Mapping[str, Result], settings: Settings, beside: Beside, lenient: bool
    ) -> None:
        self.results, self.settings, self.subsets = results, settings, beside.subsets
        self.lenient = lenient
        self.subsets_of = {parse_analysis(path): path for path in beside.subsets}
        self.nulls = comparability.by_graph(beside.null) if beside.null is not None else {}

    def entry(self, path: str) -> dict[str, Any]:
        """Part of a class's row, from the path of its separability; see `comparability.entry`."""
        analysis, class_id = parse_analysis(path)
        expected = self.settings.subsets_lineage.get(analysis.path)
        subsets = self.subsets_of.get((analysis, class_id))
        return comparability.entry(
            _known(self.results, path, self.settings.lineage[analysis.path], self.lenient),
            q=analysis.q,
            small_classes=self.settings.small_classes,
            null=self.nulls.get((analysis.knn, analysis.q)),
            subsets=_known(self.subsets, subsets, expected, self.lenient),
        )


def _known(
    results: Mapping[str, Result], path: str | None, expected: Lineage | None, lenient: bool
) -> Known | None:
    """Read tau, or taus, of a class and the attributes of its result; None where there is none."""
    if path is None or expected is None:
        return None
    try:
        result = results[path]
        check_lineage(path, result.attributes["lineage"], expected)
        provenance.check_name(path, result.attributes)
        ok = result.attributes["status"] == OK
        return Known(result.attributes, result["tau"] if ok else np.empty(0))
    except StoreError as error:
        if lenient:
            return Known({"status": "failed", "reason": str(error)}, np.empty(0))
        raise


def _findings_by_class(
    findings: Mapping[str, pd.DataFrame],
) -> dict[tuple[str, ...], dict[str, Any]]:
    """Score, p and flag of each class, by corpus, network, composite and class."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for path, table in findings.items():
        explanation = parse_beside(path, 3)
        for row in table.to_dict("records"):
            kept = {key: row[key] for key in ("score", "p", "flagged")}
            found[(*explanation, str(row["class"]))] = kept
    return found


def _shortcuts_by_class(probes: Mapping[str, pd.DataFrame]) -> dict[tuple[str, ...], list[str]]:
    """Families of the shortcuts that cover a class, by corpus, network and class."""
    found: dict[tuple[str, ...], list[str]] = {}
    for path, table in probes.items():
        for row in table[table["conclusion"] == SHORTCUT].to_dict("records"):
            key = (*parse_beside(path, 2), str(row["class"]))
            found.setdefault(key, []).append(row["family"])
    return found


def _check_output(path: str, found: int | None, outputs: Mapping[str, int], class_id: str) -> None:
    """Refuse a class that was explained by another output: indices are no part of a lineage."""
    expected = outputs.get(class_id)
    if found is not None and expected is not None and found != expected:
        raise StoreError(
            f"{path}: stale: its class was explained by output {found}, expected {expected}. Delete the "
            "class's results, back to stage 'corpus', and run again"
        )


def _answers_by_class(
    confusions: Mapping[str, pd.DataFrame],
) -> dict[tuple[str, ...], confusion.Summary]:
    """What a network answers for each class, by corpus, network and class."""
    return {
        (*parse_beside(path, 2), class_id): answer
        for path, table in confusions.items()
        for class_id, answer in confusion.summarise(table).items()
    }


def require_some(table: pd.DataFrame) -> None:
    """Refuse a ranking in which no class has a result.

    Where all classes are too small for tau to be ranked, the run goes on: what needs no tau is there.

    Parameters
    ----------
    table : DataFrame
        The ranking.

    Raises
    ------
    StoreError
        No class has a result; the message names the reason of the first class.

    """
    if table["n"].isna().all():
        raise StoreError(
            f"ranking: no class has a tau; the first reason: {table['status'].iloc[0]}"
        )


def names_of(analyses: Iterable[Analysis]) -> list[str]:
    """Name analyses by the fields in which they differ.

    Parameters
    ----------
    analyses : iterable of Analysis
        To name.

    Returns
    -------
    list of str
        A name for each. Analyses that do not differ are named by representation and metric.

    """
    rows = list(analyses)
    columns = np.array([[str(value) for value in row] for row in rows], dtype=object)
    titles = [f"{field} " if field in {"knn", "q"} else "" for field in Analysis._fields]
    differing = [index for index in range(columns.shape[1]) if len(set(columns[:, index])) > 1]
    shown = differing or [
        Analysis._fields.index("representation"),
        Analysis._fields.index("metric"),
    ]
    return [", ".join(titles[index] + row[index] for index in shown) for row in columns]
