"""Paper figures: which of the paper's figures a configuration allows, and what each is made of."""

from typing import Any, NamedTuple

from unhans.artefacts.accepted import Accepted
from unhans.config.images import Digits
from unhans.paper import contents, published
from unhans.paths import Analysis
from unhans.pipeline.context import Context

ACCEPTED = "an accepted artefact: a row of the table that correction.artefacts names"


class Planned(NamedTuple):
    """A figure, or the reason why there is none."""

    number: int
    stage: str = ""
    """That draws it"""
    analysis: Analysis | None = None
    """Of a figure of clusters"""
    classes: tuple[str, ...] = ()
    """That it shows; of a figure of clusters none for those of highest and of lowest tau, of figure 8
    for that of highest tau"""
    rows: tuple[Accepted, ...] = ()
    """Accepted artefacts that it shows"""
    models: tuple[str, ...] = ()
    """Networks that it compares"""
    reason: str = ""
    """Why it is missing; empty if it is made"""

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"figure{self.number:02d}.png"

    @property
    def table(self) -> str:
        """Name of the table beside it; empty without one."""
        return f"figure{self.number:02d}.tsv" if self.stage == "paper_networks" else ""

    @property
    def shows(self) -> str:
        """What it is made of, in words."""
        parts = [] if self.analysis is None else [self.analysis.path]
        parts += [f"class {', '.join(self.classes)}"] if self.classes else []
        parts += [f"{row.artefact} ({'/'.join(row.explanation)})" for row in self.rows]
        parts += [f"networks {', '.join(self.models)}"] if self.models else []
        return "; ".join(parts)


def planned(context: Context) -> dict[int, Planned]:
    """Choose what each figure of the paper shows.

    Parameters
    ----------
    context : Context
        Configuration, classes and accepted artefacts of the run.

    Returns
    -------
    dict of int to Planned
        By number, 1 to 14.
    """
    found = [
        Planned(1, reason="it is a drawing of the method, and shows no result"),
        Planned(2, "toy_figure"),
        Planned(3, "barycentre_figure"),
        *(_clusters(context, number) for number in (4, 5, 6, 8)),
        _insertions(context),
        *(_unhansed(context, number) for number in contents.UNHANSED),
        _networks(context),
    ]
    return {one.number: one for one in sorted(found)}


def of_stage(context: Context, stage: str) -> list[Planned]:
    """Figures that a stage draws.

    Parameters
    ----------
    context : Context
        See `planned`.
    stage : str
        ``paper_clusters``, ``paper_networks`` or ``paper_artefacts``.

    Returns
    -------
    list of Planned
    """
    return [one for one in planned(context).values() if one.stage == stage]


def of_wildcards(context: Context, wildcards: Any) -> Planned:
    """Find the figure of a job.

    Parameters
    ----------
    context : Context
        See `planned`.
    wildcards : Wildcards
        Of the job; ``number`` is read.

    Returns
    -------
    Planned
    """
    return planned(context)[int(wildcards.number)]


def classes_of(context: Context, figure: Planned) -> tuple[str, ...]:
    """Classes whose results a figure of clusters reads: all where the ranking chooses.

    Parameters
    ----------
    context : Context
        See `planned`.
    figure : Planned
        Of clusters.

    Returns
    -------
    tuple of str
    """
    assert figure.analysis is not None
    return figure.classes or context.classes.analysed(figure.analysis.corpus)


def settings_of_clusters(context: Context, wildcards: Any) -> dict[str, Any]:
    """Settings of the stage paper_clusters.

    Parameters
    ----------
    context : Context
        See `planned`.
    wildcards : Wildcards
        Of the job; ``number`` is read.

    Returns
    -------
    dict
        Number, analysis, classes that are named and that are read, and the section ``paper``.
    """
    figure = of_wildcards(context, wildcards)
    assert figure.analysis is not None
    return {
        **context.plain["paper"],
        "number": figure.number,
        "analysis": figure.analysis._asdict(),
        "named": figure.classes,
        "classes": classes_of(context, figure),
    }


def settings_of_networks(context: Context, _: Any) -> dict[str, Any]:
    """Settings of the stage paper_networks.

    Parameters
    ----------
    context : Context
        See `planned`.
    _ : Wildcards
        Of the job.

    Returns
    -------
    dict
        Rows of the artefacts, names of the networks, and number of samples.
    """
    figure = planned(context)[11]
    rows = [row._asdict() for row in figure.rows]
    samples = context.plain["paper"]["samples"]
    return {"accepted": rows, "models": figure.models, "samples": samples}


def settings_of_artefacts(context: Context, wildcards: Any) -> dict[str, Any]:
    """Settings of the stage paper_artefacts.

    Parameters
    ----------
    context : Context
        See `planned`.
    wildcards : Wildcards
        Of the job; ``number`` is read.

    Returns
    -------
    dict
        Number, and rows of the artefacts.
    """
    figure = of_wildcards(context, wildcards)
    return {"number": figure.number, "accepted": [row._asdict() for row in figure.rows]}


def settings_of_page(context: Context, _: Any) -> dict[str, Any]:
    """Settings of the stage paper: what each figure shows, and why one is missing.

    Parameters
    ----------
    context : Context
        See `planned`.
    _ : Wildcards
        Not read.

    Returns
    -------
    dict
        Of each figure its number, file, rule, what it shows, the table beside it, and the reason why
        there is none; names of all accepted artefacts.
    """
    figures = [
        {
            "number": one.number,
            "file": one.file,
            "made_by": one.stage,
            "shows": one.shows,
            "table": one.table,
            "reason": one.reason,
        }
        for one in planned(context).values()
    ]
    return {"figures": figures, "accepted": [row.artefact for row in context.accepted]}


def _clusters(context: Context, number: int) -> Planned:
    analyses = context.config.analyses()
    gromov = [one for one in analyses if "gromov_wasserstein" in one.metric]
    euclidean = [one for one in analyses if one.metric == "euclidean"]
    found = gromov if number == 5 else euclidean or analyses
    if not found:
        return Planned(number, reason="needs metric gromov_wasserstein in distance.metrics")
    if number == 8:
        found = [one for one in found if _has_splits(context, one.corpus)]
        if not found:
            return Planned(8, reason="needs a corpus of two splits: `splits: [train, val]`")
    # The first analysis whose corpus holds the paper's classes, else classes of its own to show.
    shown = [_shown(context, number, one.corpus) for one in found]
    place = max(range(len(found)), key=lambda at: [len(part) > 0 for part in shown[at]])
    chosen, (of_paper, own) = found[place], shown[place]
    classes = list(dict.fromkeys([*of_paper, *own]))
    if number == 8:
        classes = classes[:1]
    if number == 6 and not classes:
        return Planned(6, reason=f"needs {ACCEPTED}, or a class of the paper")
    return Planned(number, "paper_clusters", chosen, tuple(classes))


def _shown(context: Context, number: int, corpus: str) -> tuple[list[str], list[str]]:
    """Classes of a corpus that a figure of clusters shows: the paper's, and those with an artefact."""
    known = context.classes.analysed(corpus)
    of_paper = [name for name in contents.CLUSTERS[number] if name in known]
    if number not in (6, 8):
        return of_paper, []
    own = [row.class_id for row in context.accepted if row.corpus == corpus]
    own += list(context.config.corpus[corpus].planted)
    return of_paper, [name for name in own if name in known]


def _has_splits(context: Context, corpus: str) -> bool:
    section = context.config.corpus[corpus]
    if isinstance(section, Digits):
        return section.validation > 0
    return len(section.splits) > 1 or section.source == "table"


def _insertions(context: Context) -> Planned:
    rows = tuple(context.accepted)
    if not rows:
        return Planned(7, reason=f"needs {ACCEPTED}")
    return Planned(7, "paper_artefacts", rows=rows)


def _unhansed(context: Context, number: int) -> Planned:
    """Choose the paper's own artefact if it is accepted, else one of the same kind."""
    class_id, bias = contents.UNHANSED[number]
    of_paper = [
        row
        for row in context.accepted
        if row.class_id == class_id and published.is_named(row.artefact, bias)
    ]
    kinds = contents.KINDS[number]
    # Figure 12 is of another artefact than figure 10.
    drawn = _unhansed(context, 10).rows if number == 12 else ()
    alike = [row for row in context.accepted if row.kind in kinds and row not in drawn]
    found = of_paper or alike
    if not found:
        other = "another" if drawn else "an"
        kind = " or ".join(kinds)
        return Planned(
            number,
            reason=f"needs {other} accepted artefact of kind {kind} (column kind of the table that "
            "correction.artefacts names)",
        )
    return Planned(number, "paper_artefacts", rows=(found[0],))


def _is_known(row: Accepted) -> bool:
    """Whether images are known to show an artefact; of a picture alone none are."""
    return not row.drawn or bool(row.analysis or row.indicator)


def _networks(context: Context) -> Planned:
    """Choose the artefacts that images show, of a corpus that several networks explain."""
    if not context.accepted:
        return Planned(11, reason=f"needs {ACCEPTED}")
    several = [row for row in context.accepted if len(context.config.models_of(row.corpus)) > 1]
    if not several:
        return Planned(11, reason="needs a second network in model")
    rows = [
        row
        for row in several
        if row.class_id in context.classes.analysed(row.corpus) and _is_known(row)
    ]
    if not rows:
        return Planned(
            11,
            reason="needs an artefact that images are known to show: a flagged group or a cluster",
        )
    corpus, model, composite = rows[0].explanation
    rows = [row for row in rows if row.explanation == (corpus, model, composite)]
    others = [name for name in context.config.models_of(corpus) if name != model]
    return Planned(11, "paper_networks", rows=tuple(rows), models=(model, *others))
