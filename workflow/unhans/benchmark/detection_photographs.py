"""Detection in photographs: how well scores of classes find marks planted in photographs.

As in `detection`, the truth is "planted and used". A network has several marked classes, each with a
mark of its own or two with the same: a row of the summary compares the classes of one mark with the
unmarked classes of the same networks.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from unhans.benchmark import detection
from unhans.choices import PHOTO_MARKS
from unhans.config.benchmark_grid import CLEAN, Condition
from unhans.config.photo_grid import PhotoCondition
from unhans.io.store import Result
from unhans.paths import Analysis

UNMARKED = "none"
"""Kind of an unmarked class in a network that has marked ones."""

USED, NOT_TESTABLE = "used", "not testable"
"""Conclusions on a group of the stage ``candidate_response``."""

ORDER = "order"
"""Score of a class by its place in the findings: the classes that experiments call used come first."""

SCORES = (*detection.SCORES, ORDER)
"""Columns of `classes` that rank the classes of a condition."""

FOUND = 0.5
"""F1 of the group from which a flagged class counts as found."""


def classes(
    results: Mapping[str, Iterable[Result]],
    conditions: Mapping[str, PhotoCondition],
    responses: Mapping[tuple[str, ...], pd.DataFrame],
    findings: Mapping[tuple[str, ...], pd.DataFrame],
    experiments: Mapping[tuple[str, ...], pd.DataFrame],
) -> pd.DataFrame:
    """Score every class of every condition by every analysis.

    Parameters
    ----------
    results, responses, findings : mapping
        As `detection.classes` takes them.
    experiments : mapping of (corpus, model, composite) to DataFrame
        Tables of the stage ``candidate_response``.
    conditions : mapping of str to PhotoCondition
        Condition of each corpus; none where there are no photographs.

    Returns
    -------
    DataFrame
        As of `detection.classes`, where ``kind`` is the mark of the class: `UNMARKED`, or ``clean`` in a
        network without marks. Besides `ORDER` and ``f1_order``, of the first group that is called used,
        else of that of the score; ``group`` (of the mark), ``shared`` (two classes bear it), ``used``
        (its mark raises the class by `detection.USED` at least), and ``conclusion``, what the
        experiments on the groups by which the class is flagged say: ``used`` if they say it of one, else
        ``not testable`` if they say it of one, else ``unused``. For a class that is not flagged it is
        ``used`` if they say it of a group that was tried all the same, else empty. No row without
        conditions.

    """
    if not conditions:
        empty = [*Condition._fields, *Analysis._fields, "class", "planted", "response"]
        more = [*SCORES, "flagged", "indicator", "f1", "f1_score", f"f1_{ORDER}"]
        return pd.DataFrame(columns=[*empty, *more, "group", "shared", "used", "conclusion"])
    plain = {
        name: Condition(
            UNMARKED if own.kinds else CLEAN, own.rate, own.poisoned, "photographs", own.seed
        )
        for name, own in conditions.items()
    }
    marks = {
        (*network, str(class_id)): kind
        for network, table in responses.items()
        for class_id, kind in zip(table["class"], table["artefact"], strict=True)
    }
    table = detection.classes(results, plain, responses, findings)
    keys = zip(table["corpus"], table["model"], table["class"], strict=True)
    own = pd.Series([marks.get(key) for key in keys], index=table.index, dtype=object)
    said = of_experiments(table, experiments)
    return table.assign(
        kind=own.fillna(table["kind"]),
        group=[PHOTO_MARKS[kind].group if kind in PHOTO_MARKS else "" for kind in own],
        shared=[conditions[name].shared for name in table["corpus"]],
        used=table["planted"] & (table["response"] >= detection.USED),
        **{str(name): column for name, column in said.items()},
    )


def of_experiments(
    table: pd.DataFrame, experiments: Mapping[tuple[str, ...], pd.DataFrame]
) -> pd.DataFrame:
    """Say what the experiments on its groups say of each class.

    Parameters
    ----------
    table : DataFrame
        From `detection.classes`.
    experiments : mapping of (corpus, model, composite) to DataFrame
        Tables of the stage ``candidate_response``.

    Returns
    -------
    DataFrame
        With the index of ``table``: ``conclusion``, ``f1_order`` and ``order``; see `classes`.

    """
    said = {key: _conclusions(made) for key, made in experiments.items()}
    answers, fits = [], []
    for row in table.to_dict("records"):
        of_network = said.get((row["corpus"], row["model"], row["composite"]), {})
        # A flagged class without experiments has groups of one image.
        answer, indicator = of_network.get(str(row["class"]), (NOT_TESTABLE, ""))
        used = answer == USED
        answers.append(answer if row["flagged"] or used else "")
        fits.append(row.get(f"f1_{indicator}" if used else "f1_score", float("nan")))
    order = table["score"].rank() + np.equal(answers, USED) * len(table)
    columns = {"conclusion": answers, f"f1_{ORDER}": fits, ORDER: order}
    return pd.DataFrame(columns, index=table.index)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Measure how well each score and each indicator ranks used classes above unmarked ones.

    Parameters
    ----------
    table : DataFrame
        From `classes`.

    Returns
    -------
    DataFrame
        As of `detection.summary`, one row for each mark, rate, number of marked classes, analysis and
        score or indicator, and below them the same for all marks of a group (``kind`` is ``all_random``
        and so on). ``difficulty`` is ``shared`` where two classes bear the mark, else ``own``. Besides
        ``group``; ``used``, the number of marked classes whose mark is used; of these the share that
        the findings flag (``flagged``), that are flagged or called used and have an F1 of `FOUND` at
        least (``found``), and of which the experiments call a group used (``called_used``); and
        ``false_flags`` and ``false_used``, the shares of the unmarked classes of the same networks that
        are flagged, and of which a group is called used.

    """
    indicators = [name.removeprefix("f1_") for name in table.columns if name.startswith("f1_")]
    scores = [*SCORES, *(name for name in indicators if name not in SCORES)]
    compared = [part for whole in (False, True) for part in _compared(table, whole)]
    if not compared:
        return detection.summary(table, scores)
    long = pd.concat(compared, ignore_index=True)
    keys = ["kind", "rate", "poisoned", "difficulty", *Analysis._fields[2:]]
    flags = [
        dict(zip(keys, key, strict=True)) | _flags(part)
        for key, part in long.groupby(keys, sort=False)
    ]
    return detection.summary(long, scores).merge(pd.DataFrame(flags), on=keys, how="left")


def clean(table: pd.DataFrame) -> pd.DataFrame:
    """Share of the classes of networks without marks that each score flags.

    Parameters
    ----------
    table : DataFrame
        From `classes`.

    Returns
    -------
    DataFrame
        As of `detection.clean`. Besides ``called_used``, for the score of the findings: the share of the
        classes of which the experiments call a group used.

    """
    found = detection.clean(table)
    keys = list(Analysis._fields[2:])
    of = {
        key: _share(part["conclusion"] == USED)
        for key, part in table[table["kind"] == CLEAN].groupby(keys, sort=False)
    }
    rows = zip(found["score"], found[keys].itertuples(index=False, name=None), strict=True)
    shares = [of[key] if score == "score" else float("nan") for score, key in rows]
    return found.assign(called_used=shares)


def describe(found: pd.DataFrame, skipped: str) -> str:
    """Describe how well each score did.

    Parameters
    ----------
    found : DataFrame
        From `summary`.
    skipped : str
        Why there are no photographs; empty where there are.

    Returns
    -------
    str
        One line for each score, or why there is none.

    """
    if skipped:
        return f"detection_photographs: skipped: {skipped}"
    return detection.describe(found[~found["kind"].str.startswith("all_")])


def _compared(table: pd.DataFrame, whole: bool) -> Iterable[pd.DataFrame]:
    """Classes of each mark beside the unmarked classes of their networks, a condition each."""
    for corpus, part in table[table["kind"] != CLEAN].groupby("corpus", sort=False):
        for kind in dict.fromkeys(part.loc[part["planted"], "kind"]):
            group = PHOTO_MARKS[kind].group
            own = part[(part["kind"] == kind) | ~part["planted"]]
            yield own.assign(
                # Two marks of one network are two conditions of their group.
                corpus=f"{corpus} {kind}",
                kind=f"all_{group}" if whole else kind,
                group=group,
                difficulty="shared" if own["shared"].iloc[0] else "own",
            )


def _conclusions(experiments: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """What the experiments say of each class: the conclusion of its groups that says most, and of which.

    Of groups of one conclusion the first counts, which is that of the least p.
    """
    kept = experiments[experiments["kept"].astype(bool)]
    order = {USED: 0, NOT_TESTABLE: 1}
    return {
        str(class_id): min(
            zip(own["conclusion"], own["indicator"], strict=True),
            key=lambda one: order.get(one[0], 2),
        )
        for class_id, own in kept.groupby("class")
    }


def _flags(part: pd.DataFrame) -> dict[str, object]:
    used, free = part[part["used"]], part[~part["planted"]]
    found = (used["flagged"] | (used["conclusion"] == USED)) & (used[f"f1_{ORDER}"] >= FOUND)
    return {
        "group": part["group"].iloc[0],
        "used": len(used),
        "flagged": _share(used["flagged"]),
        "found": _share(found),
        "called_used": _share(used["conclusion"] == USED),
        "false_flags": _share(free["flagged"]),
        "false_used": _share(free["conclusion"] == USED),
    }


def _share(values: Sequence[bool] | pd.Series) -> float:
    return float(pd.Series(values).astype(float).mean())
