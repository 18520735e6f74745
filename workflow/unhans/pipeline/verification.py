"""Verification: walks a folder of results; says which files are wrong, and how to remake each."""

import hashlib
import os
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from unhans import paths
from unhans.errors import ConfigError, StoreError, UnhansError, one_line, printed
from unhans.io import digests, inspection, provenance, store
from unhans.io.lineage import difference
from unhans.pipeline import read_files, run_lock, stages, targets
from unhans.pipeline.log import Log
from unhans.pipeline.makers import Made, Makers, is_planned
from unhans.pipeline.plan import Plan
from unhans.pipeline.stages import STAGES

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "ranking.tsv": (
        *("corpus", "model", "composite", "representation", "metric", "knn", "q", "class", "name"),
        *("n", "tau", "rank", "status"),
    ),
    "groups.tsv": (
        *("corpus", "model", "class", "source", "group", "image", "path", "split", "score"),
    ),
    "group_attributes.tsv": (
        *("corpus", "model", "class", "source", "group", "attribute", "value", "p", "q"),
    ),
    "estimate.tsv": ("corpus", "stage", "point", "seconds", "hours", "gigabytes"),
    "tau_null.tsv": ("knn", "q", "n", "draw", "tau"),
    "manifest.tsv": ("image", "class", "split", "path", "sha256", "status"),
    "set_aside.tsv": ("class", "name", "split", "status", "images"),
    "predictability.tsv": ("corpus", "class", "property", "family", "auc", "p", "q", "stands_out"),
    "predictability_overall.tsv": ("corpus", "class", "family", "accuracy", "p", "status"),
    "duplicates.tsv": ("group", "kind", "across", "class", "split", "image", "path"),
    "interventions.tsv": ("corpus", "model", "class", "intervention", "family", "p", "q", "used"),
    "probes.tsv": (
        "corpus",
        "model",
        "class",
        "family",
        "conclusion",
        "property",
        "intervention",
        "reason",
        "used_too",
    ),
    "salient.tsv": (
        *("corpus", "model", "class", "feature", "label", "core_accuracy", "spurious_accuracy"),
        *("clean_accuracy", "source", "reliance", "status"),
    ),
    "feature_groups.tsv": ("corpus", "model", "composite", "class", "feature", "indicator", "auc"),
    "witnesses.tsv": ("corpus", "model", "composite", "class", "witnesses", "speaking", "page"),
    "agreement.tsv": ("corpus", "model", "composite", "first", "second", "both", "kappa"),
    "quality.tsv": ("damage", "images", "psnr_before", "psnr_after"),
    "property_accuracy.tsv": ("corpus", "model", "class", "property", "images", "accuracy"),
    "accuracy.tsv": ("corpus", "model", "class", "split", "images", "explained", "top1", "top5"),
    "confusion.tsv": ("corpus", "model", "class", "output", "predicted", "images"),
    "findings.tsv": ("class", "name", "n", "score", "p", "q", "flagged", "indicator", "status"),
    "figure11.tsv": ("artefact", "class", "model", "images", "relevance", "area"),
    "issues.tsv": ("class", "image", "path", "is_artefact_issue", "artefact_score", "status"),
    "findings_indicators.tsv": (
        *("class", "name", "n", "indicator", "value", "p", "q", "flagged", "also"),
    ),
}
"""Columns that tables must have, by the name of the file; see docs/reference/results.md."""

KINDS = {
    paths.RESULT: "results",
    ".tsv": "tables",
    ".png": "pictures",
    ".html": "pages",
    ".safetensors": "files of weights",
}
"""What files are called, by the ending of their names."""

OTHER = "other files"

HEATMAPS = STAGES["attribution"].depth
"""Fields of an analysis from which on a result is of one composite"""

PASSED_OVER = ("logs", "benchmarks")
"""Folders within the results that hold no results."""


class Wrong(NamedTuple):
    """A file that is wrong, and how it is made anew."""

    path: str
    reason: str
    rule: str | None
    remedy: str
    """Command of a shell; empty where there is none"""

    def __str__(self) -> str:
        maker = f"rule {self.rule}" if self.rule else "no rule makes it"
        lines = [f"{printed(self.path)}: {self.reason}", f"  made by: {maker}"]
        return "\n".join([*lines, f"  remake:  {self.remedy}"] if self.remedy else lines)


class Verification(NamedTuple):
    """What was found in a folder of results."""

    wrong: list[Wrong]
    """What others are made from comes first"""
    stale: list[Wrong]
    """Whole results that this run would not have made so, in the same order: they, or results that they
    come from, are of other settings or code"""
    unplanned: list[str]
    """Files that no rule makes at a point that the configuration asks for"""
    unfinished: list[str]
    """What jobs that were killed left; the next run goes on with it, or removes it"""
    missing: list[str]
    """Files that the target all asks for, and that are not there"""
    checked: Mapping[str, int]
    """Number of files by their kind"""

    def __str__(self) -> str:
        lists = (
            ("not planned by this configuration", self.unplanned),
            ("left by a job that did not finish", self.unfinished),
            ("not there", self.missing),
        )
        lines = [str(one) for one in (*self.wrong, *self.stale)]
        lines += [f"{what}: {printed(path)}" for what, found in lists for path in found]
        counted = ", ".join(
            f"{self.checked.get(kind, 0)} {kind}" for kind in (*KINDS.values(), OTHER)
        )
        return "\n".join(
            [
                *lines,
                f"unhans: checked {counted}: {len(self.wrong)} wrong, {len(self.stale)} stale, "
                f"{len(self.unplanned)} not planned, {len(self.unfinished)} unfinished, "
                f"{len(self.missing)} not there",
            ]
        )


def verify(plan: Plan, makers: Makers, options: str = "") -> Verification:
    """Check every file in the results of a run.

    Parameters
    ----------
    plan : Plan
        Of the run.
    makers : Makers
        Rules of the workflow.
    options : str
        Of Snakemake, for the commands that remake files.

    Returns
    -------
    Verification

    Raises
    ------
    ConfigError
        There is no folder of results: that nothing is wrong in it would say nothing.
    """
    results = plan.config.results
    if not os.path.isdir(results):
        raise ConfigError(f"results: {results}: no such folder; expected the results of a run")
    found = Verification([], [], [], [], [], Counter())
    wrong: list[tuple[Wrong, int]] = []
    stale: list[tuple[Wrong, int]] = []
    for path in _files(results):
        if path.endswith(".part") or f"{paths.RESULT}.parts/" in path:
            found.unfinished.append(path)
            continue
        made = makers.of(path)
        kind = KINDS.get(next((end for end in KINDS if path.endswith(end)), ""), OTHER)
        found.checked[kind] += 1  # type: ignore[index]
        if made is None or not is_planned(plan, made):
            found.unplanned.append(path)
        try:
            if _check(Path(path), made, results):
                reason = _stale(plan, path, made)
                if reason:
                    stale.append((_wrong(path, StoreError(reason), made, options), _place(made)))
        except UnhansError as error:
            wrong.append((_wrong(path, error, made, options), _place(made)))
    # What others are made from comes first, so that the commands may be run one after the other.
    for kept, pairs in ((found.wrong, wrong), (found.stale, stale)):
        kept.extend(one for one, _ in sorted(pairs, key=lambda pair: pair[1]))
    found.missing.extend(_missing(plan))
    return found


def report(plan: Plan, makers: Makers, log: str) -> bool:
    """Print what is found in the results of a run, and write it to a log; see `verify`.

    Parameters
    ----------
    plan, makers : Plan, Makers
        See `verify`.
    log : str
        Path of the log.

    Returns
    -------
    bool
        Whether no file is wrong.
    """
    found = verify(plan, makers)
    said = str(found)
    if found.wrong:
        said += (
            "\nAdd the options of this run (--configfile, --config) to each command that remakes."
        )
    print(said, flush=True)
    written = Log(Path(log))
    written.write(f"{said}\n")
    written.close()
    return not found.wrong


def _files(results: str) -> Iterator[str]:
    """Paths of all files that hold results, in order; digests are read with what they are of."""
    for folder, inner, names in os.walk(results):
        inner[:] = sorted(name for name in inner if folder != results or name not in PASSED_OVER)
        for name in sorted(names):
            if folder == results and name in (run_lock.NAME, "report.html"):
                continue
            if name in (".snakemake_timestamp", read_files.NAME):
                continue
            path = os.path.join(folder, name)
            if name == digests.LIST:
                inside = [os.path.join(folder, one) for one in digests.listed(folder) or {}]
                yield from (one for one in inside if not os.path.exists(one))  # which are missing
                continue
            if name.startswith(".") and name.endswith(".sha256"):
                described = digests.of(path)
                if described.exists():
                    continue
                path = str(described)  # which is missing
            yield path


def _check(path: Path, made: Made | None, results: str) -> bool:
    """Raise an `UnhansError` that says what is wrong with a file; say whether it is a result."""
    if path.name.endswith(paths.RESULT):
        found = inspection.result(path, None if made is None else made.stage)
        if made is not None and made.stage and STAGES[made.stage].kind == "class":
            provenance.check_name(path, found)
        return True
    checks: dict[str, Callable[[Path], None]] = {
        ".tsv": partial(inspection.table, columns=COLUMNS.get(path.name, ())),
        ".png": _check_picture,
        ".html": _check_page,
        ".safetensors": _check_weights,
        ".h5": inspection.hdf5,
        ".json": inspection.json_file,
    }
    checks.get(path.suffix, _check_content)(path)
    digests.check(path, results)
    return False


def _stale(plan: Plan, path: str, made: Made | None) -> str:
    """Say which stage of a result's lineage has other settings or code than the run; empty if none has.

    The whole lineage counts, as in the ranking: a result of before may fit what is made anew above it by
    its numbers. Of a source that is there the lineage is known; of stages of Algorithm 1, whose heatmaps
    may be deleted, the configuration says it.
    """
    if made is None or made.stage is None or not is_planned(plan, made):
        return ""
    attributes = store.read_attributes(path)
    lineage = attributes["lineage"]
    expected: dict[str, list[Any]] = {}
    for source in provenance.sources(path, attributes):
        with suppress(StoreError):  # it is wrong itself, and said to be
            for name, recipe in store.read_attributes(source)["lineage"].items():
                expected.setdefault(name, []).append(recipe)
    asked = stages.lineage(plan.context, SimpleNamespace(**made.wildcards), _asked(made, lineage))
    expected |= {name: [recipe] for name, recipe in asked.items()}
    for name in sorted(expected, key=_order):
        own = {name: lineage[name]} if name in lineage else {}
        # Of a result of several analyses any of their settings.
        said = [difference(own, {name: recipe}) for recipe in expected[name]]
        if all(said):
            return f"stale: {said[0]}"
    return ""


def _asked(made: Made, lineage: Mapping[str, Any]) -> list[str]:
    """Stages of a lineage whose settings the point of the grid of a result tells."""
    own = STAGES[str(made.stage)]
    above = [STAGES[name] for name in lineage if name in STAGES and own.depth >= HEATMAPS]
    known = [stage.name for stage in above if stage.leads_to_tau and stage.depth <= own.depth]
    return [own.name, *(name for name in known if name != own.name)]


def _check_picture(path: Path) -> None:
    from unhans.images import picture_files

    _check_content(path)
    picture_files.check(path)


def _check_page(path: Path) -> None:
    _check_content(path)
    if b"</html>" not in path.read_bytes()[-1000:]:
        raise StoreError(f"{path}: no whole page; expected </html> at its end")


def _check_weights(path: Path) -> None:
    record = path.with_name(f"model{paths.RESULT}")
    try:
        expected = store.read_attributes(record).get("sha256")
    except StoreError:
        return  # the record is wrong itself
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != expected:
        raise StoreError(f"{path}: has sha256 {digest}, expected {expected} of {record}")


def _check_content(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
    if not size:
        raise StoreError(f"{path}: empty")


def _wrong(path: str, error: Exception, made: Made | None, options: str) -> Wrong:
    said = str(error).removeprefix(f"{path}: ").partition(". Delete ")[0]
    reason = one_line(StoreError(said))
    if made is None:
        return Wrong(path, reason, None, "")
    # The whole folder of a rule that makes one; the digest of a file with it.
    beside = str(digests.beside(path))
    is_own = path.endswith(".tsv") or os.path.exists(beside)
    files = [made.target, *([beside] if is_own and made.target == path else [])]
    # The target comes first: options such as --config take all that follows.
    remade = ["snakemake", shlex.quote(made.target), "--cores 1", *filter(None, [options])]
    removed = ["rm -rf", *map(shlex.quote, files)]
    return Wrong(path, reason, made.rule, f"{' '.join(removed)} && {' '.join(remade)}")


def _place(made: Made | None) -> int:
    """Place of a file's stage among all, which stand in the order in which they run."""
    return _order(made.stage if made is not None else None)


def _order(stage: str | None) -> int:
    """Place of a stage among all, which stand in the order in which they run."""
    names = list(STAGES)
    return names.index(stage) if stage in names else len(names)


def _missing(plan: Plan) -> list[str]:
    """Files that the target all asks for in each run, and that are not there."""
    asked: list[Any] = [
        *targets.kept(plan),
        *targets.explained(plan, "findings.tsv"),
        *targets.separabilities(plan),
        plan.beside(0, None, "ranking.tsv"),
        plan.beside(0, None, "groups.tsv"),
    ]
    return sorted({path for path in asked if not os.path.exists(path)})
