"""Estimate: hours and gigabytes of a whole run, from the jobs of one class that were measured."""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from unhans.errors import InputError
from unhans.io import zarr_zip

COLUMNS = (
    *("corpus", "stage", "point", "seconds", "measured_classes", "classes", "images"),
    *("threads", "hours", "gigabytes"),
)
"""Columns of the table."""

POWER: Mapping[str, float] = {"distance": 2, "movement": 0, "transplant": 0}
"""Power of a class's images that a stage's time and its result grow with, where it is not 1.

Distances are of pairs; images that are changed, and pieces that are put into others, are sampled.
"""

SMALLER: Mapping[str, str] = {
    "attribution": "corpus.<name>.per_class",
    "distance": "distance.metrics",
    "movement": "interventions.images",
    "neurons": "corpus.<name>.per_class",
    "projection": "projection.methods",
    "sensitivity": "sensitivity.images",
    "transplant": "transplant.images",
}
"""Key of the configuration by which a stage takes less time, where there is one for it"""

LONG = 0.1
"""Share of all hours from which the key of a stage is named"""

BESIDE = ("concepts", "activations")
"""Stages whose results another stage's job makes, in its time."""

UP_TO_DATE = "up to date"
"""In the log of a job that left a class as it was, and whose time says nothing."""


class Measured(NamedTuple):
    """A job that was measured.

    Parameters
    ----------
    stage, corpus, point : str
        What it makes, and where: the folder within the results.
    seconds : float or None
        That it took; None where it is not known.
    size : int or None
        Bytes of the result of its first class, or of its one result.
    classes : tuple of str
        That it made; none for one result of all classes.
    threads : int
        Cores that it took.
    """

    stage: str
    corpus: str
    point: str
    seconds: float | None
    size: int | None
    classes: tuple[str, ...]
    threads: int = 1


def read(job: Mapping[str, Any]) -> Measured:
    """Read what is known of a job.

    Parameters
    ----------
    job : mapping
        ``stage``, ``corpus``, ``point``, ``classes``, ``threads``, and the paths ``result``,
        ``benchmark`` and ``log``; see `pipeline.estimates.jobs`.

    Returns
    -------
    Measured
        Without seconds where there is no benchmark, or where a class was left as it was; without
        either where the first class was set aside.
    """
    result, log = Path(str(job["result"])), Path(str(job["log"]))
    seconds = _seconds(Path(str(job["benchmark"]))) if job["benchmark"] else None
    if log.is_file() and UP_TO_DATE in log.read_text(encoding="utf-8", errors="replace"):
        seconds = None
    size = os.path.getsize(result) if result.is_file() else None
    if size is not None and zarr_zip.read_attributes(result).get("status") == "set aside":
        seconds = size = None
    return Measured(
        *(str(job["stage"]), str(job["corpus"]), str(job["point"]), seconds),
        size=size,
        classes=tuple(job["classes"]),
        threads=job["threads"],
    )


def table(
    jobs: Iterable[Measured],
    classes: Mapping[str, Sequence[str]],
    images: Mapping[str, Mapping[str, int]],
) -> pd.DataFrame:
    """Estimate each stage of each point of the grid.

    Parameters
    ----------
    jobs : iterable of Measured
        One for each stage and point.
    classes : mapping of str to sequence of str
        Ids of the classes of the whole run, by corpus.
    images : mapping of str to mapping of str to int
        Images that can be read, by corpus and class.

    Returns
    -------
    DataFrame
        `COLUMNS`; ``hours`` of one job after the other, NaN where nothing was measured.
    """
    rows = []
    for job in jobs:
        counts = images[job.corpus]
        every = classes[job.corpus]
        whole, once = _units(job.stage, every, counts), 1.0
        own = _units(job.stage, job.classes, counts)
        first = _units(job.stage, job.classes[:1], counts)
        times, larger = (whole / own, whole / first) if job.classes else (once, once)
        rows.append(
            {
                **{"corpus": job.corpus, "stage": job.stage, "point": job.point},
                "seconds": job.seconds,
                "measured_classes": len(job.classes),
                "classes": len(every),
                "images": sum(counts.get(name, 0) for name in every),
                "threads": job.threads,
                "hours": None if job.seconds is None else job.seconds * times / 3600,
                "gigabytes": None if job.size is None else job.size * larger / 1e9,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"hours": float, "gigabytes": float})


def describe(found: pd.DataFrame, cores: int) -> str:
    """State the estimate.

    Parameters
    ----------
    found : DataFrame
        From `table`.
    cores : int
        Of this machine.

    Returns
    -------
    str
        A few lines.
    """
    hours, size = found["hours"].sum(), found["gigabytes"].sum()
    beside = (found["hours"] * found["threads"].clip(upper=cores)).sum() / cores
    unknown = sorted(set(found.loc[found["hours"].isna(), "stage"]) - {*BESIDE})
    least = "at least " if unknown else ""
    corpora = found.drop_duplicates("corpus")
    lines = [
        f"estimate: {least}{_hours(hours)} of one job after the other, {_hours(beside)} on {cores} "
        f"cores; {size:.2g} GB; {corpora['classes'].sum()} classes, "
        f"{corpora['images'].sum()} images"
    ]
    by_stage = found.groupby("stage")["hours"].sum().sort_values(ascending=False)
    most = [f"{name} {_hours(share)}" for name, share in by_stage.head(6).items() if share > 0]
    lines.append(f"most of it: {', '.join(most)}")
    long = by_stage[by_stage >= LONG * hours].index if hours > 0 else ()
    keys = [f"{SMALLER[name]} ({name})" for name in long if name in SMALLER]
    if keys:
        lines.append(f"takes less with a smaller value of: {', '.join(keys)}")
    if unknown:
        why = "results were there before, or the class was set aside"
        lines.append(f"not measured, since {why}: {', '.join(unknown)}")
    lines.append(
        "not in it: what is made of a whole corpus (findings, responses, probes, pages) and of "
        "accepted artefacts"
    )
    return "\n".join(lines)


def images_of(manifest: pd.DataFrame) -> dict[str, int]:
    """Count the images of each class that can be read.

    Parameters
    ----------
    manifest : DataFrame
        Columns ``class`` and ``status``.

    Returns
    -------
    dict of str to int
        By class.
    """
    good = manifest.loc[manifest["status"] == "ok", "class"].astype(str)
    return {str(name): int(count) for name, count in good.value_counts().items()}


def _units(stage: str, classes: Iterable[str], counts: Mapping[str, int]) -> float:
    power = POWER.get(stage, 1)
    return sum((float(max(1, counts.get(name, 0))) ** power for name in classes), 0.0)


def _seconds(path: Path) -> float | None:
    """Seconds of the last run of a job, as Snakemake's benchmark has them."""
    if not path.is_file():
        return None
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
    try:
        return float(rows[-1]["s"])
    except (IndexError, KeyError, ValueError):
        raise InputError(f"{path}: no benchmark; expected a table with a column 's'") from None


def _hours(hours: float) -> str:
    if hours >= 1:
        return f"{hours:.1f} hours"
    return f"{hours * 60:.1f} minutes"
