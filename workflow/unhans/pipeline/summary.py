"""Summary: the text that ends a run, and the ranking that a failed run leaves."""

import os
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from unhans.errors import StoreError, UnhansError, printed
from unhans.io import provenance, store, tsv
from unhans.networks import accuracy
from unhans.paths import Analysis
from unhans.pipeline import command_line, opening, targets
from unhans.pipeline.clock import LONG_AGO
from unhans.pipeline.command_line import Typed
from unhans.pipeline.job import FAILURE
from unhans.pipeline.plan import Plan
from unhans.reporting import comparability, confusion, ranking
from unhans.reporting.ranking import by_analysis

CLOCK = 1.0
"""Seconds that the time of a file may lie before that of the clock: file systems round it."""


def run_summary(
    plan: Plan, failed: bool = False, since: float = 0.0, typed: Typed | None = None
) -> str:
    """Summarise a run: the top of the ranking, the missing classes, and the files to look at.

    After a failed run the ranking of the classes that have a result is written, with the reason for
    each class that has none. The next run of the workflow replaces it.

    Parameters
    ----------
    plan : Plan
        Of the run.
    failed : bool
        Whether the run failed.
    since : float
        When the run began, in seconds since 1970: a log of before tells of an earlier run.
    typed : Typed, optional
        How the run was asked for; by default as this process was, see `command_line.typed`.

    Returns
    -------
    str
        Several lines.

    """
    path = Path(plan.beside(0, None, "ranking.tsv"))
    typed = command_line.typed() if typed is None else typed
    try:
        if failed:
            table = _partial(plan, since)
            tsv.write_tsv(table, path)
            # Older than all it is made from, so that the next run makes it anew (see `failed_jobs`).
            os.utime(path, (LONG_AGO, LONG_AGO))
            # A reader would take pictures of another table for pictures of this one.
            for picture in ("ranking.html", "ranking.png"):
                path.with_name(picture).unlink(missing_ok=True)
        elif path.exists():
            table = tsv.read_tsv(path)
        else:
            return f"Results are in {os.path.join(typed.directory, plan.config.results)}/."
        found = [] if failed else _findings(plan)
        sections = [found, _shortcuts(plan), _attributes(path), _accuracies(plan)]
    except (UnhansError, OSError) as error:
        return f"unhans: {error}"
    parts = [_top(table), _absent(table), *sections, _notes(plan)]
    parts += [_places(plan, path, typed.directory)]
    parts += [] if failed else [_next(path, typed)]
    return "\n".join(line for part in parts for line in part)


def failure(logs: Iterable[str], since: float = 0.0) -> str:
    """Find the first failure in the logs of a class's jobs.

    Parameters
    ----------
    logs : iterable of str
        Paths, in the order of the stages; files may be missing.
    since : float
        Logs that are older, in seconds since 1970, are of an earlier run and tell nothing.

    Returns
    -------
    str
        ``failed: `` and the reason; empty where no log holds a failure.

    """
    for log in logs:
        path = Path(log)
        if not path.exists() or path.stat().st_mtime < since - CLOCK:
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(FAILURE):
                return f"failed: {line.removeprefix(FAILURE)}"
    return ""


def _partial(plan: Plan, since: float) -> pd.DataFrame:
    """Rank the classes that have a result."""

    def failed(analysis: Analysis, class_id: str) -> str:
        reason = failure(plan.logs(analysis, class_id), since)
        path = Path(plan.result("separability", analysis, class_id))
        return reason or (_stale(path) if path.exists() else "not computed")

    null = Path(plan.beside(0, None, "tau_null.tsv"))
    return ranking.collect(
        store.by_path(targets.separabilities(plan)),
        ranking.Settings(**plan.settings("ranking")),
        ranking.Beside(
            findings=_tables(targets.explained(plan, "findings.tsv")),
            probes=_tables(targets.of_networks(plan, "probes.tsv")),
            confusions=_tables(targets.of_networks(plan, "confusion.tsv")),
            subsets=store.by_path(targets.intervals(plan)),
            null=tsv.read_tsv(null) if null.exists() else None,
        ),
        failed,
    )


def _stale(path: Path) -> str:
    """Say where a result was made from others than those that are there; empty where it was not."""
    try:
        provenance.check([path])
    except StoreError as error:
        return f"failed: {error}"
    return ""


def _tables(paths: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Read the tables that are there, by path."""
    return {path: tsv.read_tsv(path) for path in paths if Path(path).exists()}


def _top(table: pd.DataFrame, rows: int = 5) -> list[str]:
    lines: list[str] = []
    for analysis, part in by_analysis(table[table["rank"].notna()]):
        lines += ["", f"tau, {analysis.path}"]
        if comparability.is_scaled(part):
            lines.append(f"  {comparability.of_sizes(part)}")
        for row in part.head(rows).to_dict("records"):
            planted = f"  planted: {row['planted']}" if row["planted"] else ""
            doubted = "" if row["status"] == "ok" else f"  {row['status'].partition(':')[0]}"
            lines.append(
                f"  {row['rank']:>4}  class {printed(row['name']):<12} tau {row['tau']:8.3f}"
                f"  n {row['n']}{planted}{_ties(row)}{doubted}"
            )
    return lines


def _ties(row: Mapping[Any, Any]) -> str:
    """Say which ranks the interval of tau allows, where they are several."""
    return f"  ranks {row['rank_low']} to {row['rank_high']}" if comparability.tied(row) else ""


def _absent(table: pd.DataFrame) -> list[str]:
    absent = table[table["rank"].isna()]
    if absent.empty:
        return []
    reasons = absent.groupby(["status", "class"], sort=False).size()
    by_reason: dict[str, list[str]] = {}
    for status, class_id in reasons.index:
        by_reason.setdefault(str(status), []).append(str(class_id))
    lines = ["", f"{len(absent)} of {len(table)} rows have no tau:"]
    return lines + [f"  class {', '.join(ids)}: {status}" for status, ids in by_reason.items()]


def _accuracies(plan: Plan) -> list[str]:
    """Describe the accuracy of each network."""
    found = [
        accuracy.describe(table)
        for table in _tables(targets.of_networks(plan, "accuracy.tsv")).values()
    ]
    found += [
        said
        for table in _tables(targets.of_networks(plan, "confusion.tsv")).values()
        if (said := confusion.describe(table))
    ]
    return ["", *found] if found else []


def _findings(plan: Plan, most: int = 3) -> list[str]:
    """Say by what images of a class stand out from its others: of each class the clearest."""
    from unhans.detection import sentences
    from unhans.detection.findings import Findings
    from unhans.reporting import findings_page  # its pictures need packages that a plan does not

    lines = []
    for path in map(Path, targets.explained(plan, "findings.tsv")):
        names = (path.name, "findings_indicators.tsv", "candidate_response.tsv")
        beside = [path.with_name(name) for name in names]
        # The page was checked against what it is made from: tables newer than it may not fit each other.
        if not all(_is_of(path.with_name("findings.html"), one) for one in beside):
            continue
        classes, indicators, responses = map(tsv.read_tsv, beside)
        described = findings_page.rows(Findings(classes, indicators), responses)
        flagged = described[described["flagged"].astype(bool)]
        found = flagged.drop_duplicates("class")["finding"].tolist()[:most]
        left = len(flagged) - len(found)
        more = [f"and {left} more, see findings.html"] if left else []
        nothing = f"{sentences.describe_nothing(classes)}; findings.html says what was looked for"
        lines += ["", *map(printed, found or [nothing]), *more]
    return lines


def _shortcuts(plan: Plan, most: int = 3) -> list[str]:
    """Say what covers whole classes and moves the network: the first of each network."""
    # Their measures need packages that a plan does not.
    from unhans.probes import background, sentences

    lines = []
    for path, table in _tables(targets.of_networks(plan, "probes.tsv")).items():
        greyed = _tables([str(Path(path).with_name("interventions.tsv"))]).values()
        alone = [one.sentence for answers in greyed for one in background.alone(answers)]
        found = [*sentences.of_shortcuts(table), *alone]
        more = [f"and {len(found) - most} more, see probes.html"] if len(found) > most else []
        lines += ["", "What covers whole classes:", *map(printed, found[:most]), *more]
    return lines


def _attributes(ranking: Path, most: int = 3) -> list[str]:
    """Say which hospitals, scanners and the like go with groups of this ranking: the clearest."""
    path = ranking.with_name("group_attributes.tsv")
    if not path.exists() or not _is_of(path, ranking):
        return []
    from unhans.reporting import group_attributes  # its tests need packages that a plan does not

    found = group_attributes.sentences(
        tsv.read_tsv(path, {*tsv.TEXT, "attribute", "value", "group"})
    )
    more = [f"and {len(found) - most} more, see group_attributes.tsv"] if len(found) > most else []
    return ["", *map(printed, found[:most]), *more] if found else []


def _notes(plan: Plan) -> list[str]:
    """Say how the classes of each corpus were found and numbered, where there is something to say."""
    found = [
        note for corpus in plan.config.corpus for note in plan.classes.catalogues[corpus].notes
    ]
    return ["", *map(printed, found)] if found else []


def _places(plan: Plan, ranking: Path, directory: str) -> list[str]:
    """List tables and pictures, and the explorer and the report if they are of this ranking."""
    beside = [ranking.with_name(name) for name in ("ranking.tsv", "ranking.html", "comparison.tsv")]
    if ranking.stat().st_mtime > LONG_AGO:  # of a failed run the groups are those of a run before
        beside += [ranking.with_name(f"{name}.tsv") for name in ("groups", "group_attributes")]
    beside += map(Path, targets.explained(plan, "findings.html"))
    beside += map(Path, targets.of_networks(plan, "probes.html"))
    found = [place for place in beside if place.exists()]
    for folder in targets.figures(plan):
        found += sorted(Path(folder).glob("*_class_*.png"))
    found += [page for page in _pages(ranking) if _is_of(page, ranking)]
    return ["", "Look at:", *(f"  {os.path.join(directory, place)}" for place in found)]


def _next(ranking: Path, typed: Typed) -> list[str]:
    """Say which commands show the run in a browser, as they are typed where it was started."""
    explorer, report = _pages(ranking)
    explored = ["unhans", "open", os.path.join(typed.directory, ranking.parent)]
    if not _is_of(explorer, ranking):
        explored = [*typed.command, *_cores(typed), "--", "explorer"]
    lines = [f"Explore it in a browser: {shlex.join(explored)}"]
    if not _is_of(report, ranking):
        of = ["--", *typed.targets] if typed.targets else []
        lines.append(
            f"All on one page: {shlex.join([*typed.command, '--report', str(report), *of])}"
        )
    return lines


def _cores(typed: Typed) -> list[str]:
    """Flag that Snakemake wants and ``unhans run`` sets."""
    return ["--cores", "all"] if typed.command[0] == "snakemake" else []


def _pages(ranking: Path) -> tuple[Path, Path]:
    return ranking.parent / opening.PAGE, ranking.with_name("report.html")


def _is_of(page: Path, table: Path) -> bool:
    """Whether a page was made of this table, and the table is that of a run that succeeded."""
    made = table.stat().st_mtime if table.exists() else 0.0
    return page.exists() and LONG_AGO < made <= page.stat().st_mtime
