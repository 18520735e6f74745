"""Findings page: what was found in a corpus, in sentences and pictures for people."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from unhans.detection import limits, sentences
from unhans.detection.findings import Findings
from unhans.detection.indicators import INDICATORS
from unhans.features.answers import SPURIOUS
from unhans.io.store import Result
from unhans.reporting import group_attributes, group_responses, html_table, standing
from unhans.reporting.explained import ExplainedClass, ExplainedClasses
from unhans.reporting.figures.class_figure import MarkedGroup, class_figure

CAPTION = (
    "Classes of which some images stand out from the others by where their relevance lies or by "
    "what they show, compared with the other classes of the corpus; a row for each indicator that a "
    "class stands out by. Classes of which an experiment finds that the network uses what a group "
    "shares come first, then the others; the highest score first within each. Groups that stand out "
    "less clearly are shown beside the clear ones of their class, and count where an experiment "
    "finds that the network uses what they share; so do groups that may differ as a whole (light, "
    "colour, grain), of the classes next below the level. Usual are the values of the indicator in "
    "classes that are not flagged (median; 5 to 95 %), and needed is that at which this class would "
    "be flagged by it alone. An experiment puts what the images of a group share into images of "
    "other classes; its control puts in something else of the same size. An artefact is used where "
    "the class rises by two points at least, by itself and beyond the control, and the interval of "
    "the difference lies above zero."
)

COVERING = (
    "What covers whole classes, which no group of a class shows (probes.html beside the network):"
)
"""Before sentences on whole classes."""

SAMPLES = 8
"""Number of images shown of each group."""

UNFLAGGED = 10
"""Classes that are not flagged of which the clearest group is drawn, the highest score first."""


WITNESSES = (
    "What other looks at these classes say (tau, probes, neurons and components of the last layer) "
    "stands in tables/witnesses.tsv, which the target witnesses makes."
)


KEPT = ("indicator", "value", "needed", "p", "q")
"""Columns of the table of indicators that are kept."""

NEITHER = {"flagged": False, "also": False}
"""Of a class that was set aside."""


def rows(found: Findings, responses: pd.DataFrame) -> pd.DataFrame:
    """Describe in a sentence what was found in each class.

    Parameters
    ----------
    found : Findings
        Of the corpus.
    responses : DataFrame
        From `candidate_response.tabulate`.

    Returns
    -------
    DataFrame
        A row for each indicator that a class stands out by, or by whose group an experiment finds
        something used, and one for each other class, with its clearest group: ``class``, ``indicator``,
        ``finding`` (the sentence), ``value``, ``usual``, ``needed``, ``p`` and ``q`` of the indicator,
        ``flagged``, ``also``, ``score`` of the class, and ``status``. Flagged are the groups that the
        indicator flags, and of those that were tried ``also`` the ones that an experiment calls used.
        First the classes of which an experiment finds a group used, then the others; within each by
        falling score.

    """
    answers: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for answer in cast("list[dict[str, Any]]", responses.to_dict("records")):
        answers.setdefault((str(answer["class"]), answer["indicator"]), []).append(answer)
    used_classes = {own for (own, _), tried in answers.items() if group_responses.is_used(tried)}
    first = found.classes["class"].astype(str).isin(used_classes)
    by_class = dict(list(found.indicators.groupby(found.indicators["class"].astype(str))))
    described = []
    for of_class in pd.concat([found.classes[first], found.classes[~first]]).to_dict("records"):
        class_id = str(of_class["class"])
        same = {"class": class_id, "score": of_class["score"], "status": of_class["status"]}
        if class_id not in by_class:
            text = sentences.describe_class(cast("dict[str, Any]", of_class))
            described.append({**same, "indicator": "", "finding": text, **NEITHER})
            continue
        own = by_class[class_id]
        chosen = _chosen(own, answers)
        for row in cast("list[dict[str, Any]]", chosen.to_dict("records")):
            text = sentences.describe_class(row)
            standing = row["flagged"] or row["also"]
            if not standing:
                text += f"; clearest: {sentences.describe_group(row)}"
            tried = answers.get((class_id, row["indicator"]), [])
            untried = group_responses.untried(row) if standing else ""
            text += group_responses.describe(tried) or untried
            kept = {key: row[key] for key in KEPT}
            used = group_responses.is_used(tried)
            kept |= {"flagged": row["flagged"] or (row["also"] and used), "also": row["also"]}
            described.append({**same, **kept, "finding": text, "usual": _usual(row)})
    columns = ["class", "indicator", "finding", "value", "usual", "needed", "p", "q", *NEITHER]
    return pd.DataFrame(described, columns=[*columns, "score", "status"])


def _chosen(
    own: pd.DataFrame, answers: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]
) -> pd.DataFrame:
    """Choose the rows of a class; without any that says something, that of its clearest group."""
    if own["flagged"].any():
        return own[own["flagged"] | own["also"]]
    keys = zip(own["class"].astype(str), own["indicator"], strict=True)
    used = own[[group_responses.is_used(answers.get(key, [])) for key in keys]]
    return used if len(used) else own.head(1).assign(also=False)


def pictured(described: pd.DataFrame) -> pd.DataFrame:
    """Choose the groups that have a picture.

    Parameters
    ----------
    described : DataFrame
        From `rows`.

    Returns
    -------
    DataFrame
        Its rows: the flagged groups first, those beside them, and the clearest of `UNFLAGGED` other
        classes.

    """
    grouped = described[described["indicator"] != ""]
    flagged, also = (grouped[name].astype(bool) for name in ("flagged", "also"))
    others = grouped[~flagged & ~also].head(UNFLAGGED)
    return pd.concat([grouped[flagged], grouped[also & ~flagged], others])


def draw(
    found: Findings, described: pd.DataFrame, classes: ExplainedClasses
) -> Iterator[tuple[str, Figure]]:
    """Draw each flagged group, or the outliers, beside all images of the class.

    Parameters
    ----------
    found : Findings
        Of the corpus.
    described : DataFrame
        From `rows`.
    classes : ExplainedClasses
        Results of the stages corpus, attribution and group_search.

    Yields
    ------
    name : str
        ``<place>_<class>-<indicator>``, in the order of `pictured`.
    figure : Figure
        The picture.

    """
    own = found.indicators.assign(**{"class": found.indicators["class"].astype(str)})
    two_sided = own[own["others_place"].astype(object).fillna("") != ""]
    both = set(zip(two_sided["class"], two_sided["indicator"], strict=True))
    for (class_id, indicator), (name, text) in _pictures(described).items():
        figure = _figure(indicator, text, classes[class_id], (class_id, indicator) in both)
        yield name, figure


def with_pictures(described: pd.DataFrame) -> pd.DataFrame:
    """Add to each group a link to its picture, where it has one.

    Parameters
    ----------
    described : DataFrame
        From `rows`.

    Returns
    -------
    DataFrame
        With the column ``picture`` after ``finding``.

    """
    drawn = _pictures(described)
    keys = zip(described["class"], described["indicator"], strict=True)
    cells: list[str | html_table.Link] = [
        html_table.Link("picture", f"findings/{quote(drawn[key][0], safe='')}.png")
        if key in drawn
        else ""
        for key in keys
    ]
    shown = described.reset_index(drop=True)
    place = list(shown.columns).index("finding") + 1
    shown.insert(place, "picture", pd.Series(cells, dtype=object))
    return shown


def _pictures(described: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str]]:
    """Name the picture of each group that has one, by class and indicator; with its sentence."""
    rows = enumerate(pictured(described).to_dict("records"), start=1)
    return {
        (row["class"], row["indicator"]): (
            f"{place:02d}_{row['class']}-{row['indicator']}",
            row["finding"],
        )
        for place, row in rows
    }


def with_features(described: pd.DataFrame, measured: Mapping[str, Result]) -> pd.DataFrame:
    """Add to each class a link to the page of its neural features, where there is one.

    Parameters
    ----------
    described : DataFrame
        From `rows`.
    measured : mapping of str to Result
        Of the stage ``sensitivity``, by class, as far as it is there.

    Returns
    -------
    DataFrame
        With the column ``neural features`` before ``status``: which features are spurious. As it is
        where nothing was measured.

    """
    if not measured:
        return described
    cells = pd.Series([_features(one, measured) for one in described["class"].astype(str)])
    shown = described.reset_index(drop=True)
    shown.insert(list(shown.columns).index("status"), "neural features", cells)
    return shown


def with_attributes(
    described: pd.DataFrame, compared: Sequence[pd.DataFrame], fields: Any
) -> pd.DataFrame:
    """Add to each group what is known of its images (hospital, scanner) that others have less often.

    Parameters
    ----------
    described : DataFrame
        From `rows`.
    compared : sequence of DataFrame
        From `group_attributes.tabulate`; none where no image has attributes.
    fields : Analysis or wildcards
        Whose ``corpus``, ``model`` and ``composite`` are read.

    Returns
    -------
    DataFrame
        With the column ``attributes`` before ``status``. As it is where nothing was compared.

    """
    if not compared:
        return described
    own = group_attributes.of_explanation(pd.concat(compared), fields)
    shown = described.reset_index(drop=True)
    pairs = zip(shown["class"].astype(str), shown["indicator"], strict=True)
    cells = [group_attributes.of_group(own, *pair) for pair in pairs]
    shown.insert(list(shown.columns).index("status"), "attributes", cells)
    return shown


def _features(class_id: str, measured: Mapping[str, Result]) -> str | html_table.Link:
    if class_id not in measured:
        return ""
    result = measured[class_id]
    if result.attributes["status"] != "ok":
        return f"none: {result.attributes['reason']}"
    from unhans.features import sensitivity  # loads torch: where there are features alone

    found, _ = sensitivity.from_array(result["table"])
    spurious = [f"{row['feature']} ({row['source']})" for row in found if row["label"] in SPURIOUS]
    text = f"spurious: {', '.join(spurious)}" if spurious else f"none of {len(found)} is spurious"
    return html_table.Link(text, f"../features/{quote(class_id, safe='')}.html")


def to_html(found: Findings, described: pd.DataFrame, covering: Sequence[str] = ()) -> str:
    """Make the page of the sentences.

    Parameters
    ----------
    found : Findings
        Of the corpus.
    described : DataFrame
        From `rows`.
    covering : sequence of str
        What covers whole classes (`probes.sentences.of_shortcuts`), and what attributes were compared.

    Returns
    -------
    str
        HTML that needs no other file.

    """
    notes = [*limits.describe(found), *([COVERING, *covering] if covering else []), WITNESSES]
    return html_table.to_html(described, "What was found", CAPTION, notes)


def describe(found: Findings, described: pd.DataFrame) -> str:
    """Collect the sentences of the flagged classes.

    Parameters
    ----------
    found : Findings
        Of the corpus.
    described : DataFrame
        From `rows`.

    Returns
    -------
    str
        A line for each flagged group. If there is none, one line that says so, followed by what was
        looked for.

    """
    flagged = described.loc[described["flagged"].astype(bool), "finding"]
    nothing = [sentences.describe_nothing(found.classes), *limits.describe(found)]
    return "\n".join(flagged if len(flagged) else nothing)


def _usual(row: Mapping[str, Any]) -> str:
    """Range of an indicator in classes that are not flagged; empty without such classes."""
    low, middle, high = (row[f"unflagged_{key}"] for key in ("low", "median", "high"))
    return "" if math.isnan(middle) else f"{middle:.3g} ({low:.3g} to {high:.3g})"


def _figure(indicator: str, title: str, explained: ExplainedClass, both: bool) -> Figure:
    groups, attribution = explained["group_search"], explained["attribution"]
    along = "grouped" if indicator == "scattered" else indicator
    # Along: how far in the direction of the first group. Up: how far off the usual places.
    scores = [groups[f"{along}_score"][0], groups["scattered_score"][0]]
    return class_figure(
        points=np.column_stack(scores).astype(np.float64),
        findings=_marked(indicator, groups, both),
        images=explained.images,
        heatmaps=attribution["heatmap"],
        prediction=explained.predictions,
        rank=attribution["rank"],
        title=title,
        samples=SAMPLES,
    )


def _marked(indicator: str, groups: Result, both: bool) -> list[MarkedGroup]:
    """Choose the groups that a picture marks.

    These are the groups of at least half the gap of the first. Where the artefact may be in the other
    images, they are the first group and the other images.
    """
    note = INDICATORS[indicator].note
    gaps, members = groups[f"{indicator}_gap"], groups[f"{indicator}_members"]
    chosen = standing.groups(groups, indicator)[: 1 if both else None]
    # The table of accepted artefacts names the clearest group of an indicator alone.
    named = [f"indicator={indicator}" if at == 0 else "" for at in chosen]
    marked = [
        MarkedGroup(np.flatnonzero(members[at]), f"{note} {gaps[at]:.1f}", name)
        for at, name in zip(chosen, named, strict=True)
    ]
    return [*marked, MarkedGroup(np.flatnonzero(~members[0]), "the others")] if both else marked
