"""Inputs: what the rules of networks and of accepted artefacts read besides results of a class."""

import hashlib
from collections.abc import Callable
from typing import Any

from unhans.choices import metric_choice
from unhans.config import representations
from unhans.paths import RESULT
from unhans.pipeline import accepted_rows
from unhans.pipeline.chunks import ClassChunk
from unhans.pipeline.plan import ANY, Plan
from unhans.pipeline.stages import STAGES


def represented_stage(plan: Plan, representation: str) -> str:
    """Stage whose results a representation is made of.

    Parameters
    ----------
    plan : Plan
        Of the run.
    representation : str
        Its name.

    Returns
    -------
    {"attribution", "concepts"}
    """
    layer = representations.starts_from_a_layer(plan.config.preprocessing[representation])
    return "concepts" if layer else "attribution"


def compared_stage(plan: Plan, representation: str) -> str:
    """Stage whose maps are compared: a representation without steps is the heatmaps themselves.

    Parameters
    ----------
    plan : Plan
        Of the run.
    representation : str
        Its name.

    Returns
    -------
    {"attribution", "preprocessing"}
    """
    return "preprocessing" if plan.config.preprocessing[representation] else "attribution"


def by_representation(
    plan: Plan, chunk: ClassChunk, stage_of: Callable[[Plan, str], str]
) -> Callable[[Any], list[str]]:
    """Paths of the results, for the classes of a job, of a stage that depends on the representation.

    Parameters
    ----------
    plan : Plan
        Of the run.
    chunk : ClassChunk
        Classes of the job.
    stage_of : callable
        `represented_stage` or `compared_stage`.

    Returns
    -------
    callable
        From the wildcards of the job to paths.
    """

    def found(wildcards: Any) -> list[str]:
        stage = stage_of(plan, wildcards.representation)
        return [plan.result(stage, wildcards, name) for name in chunk.of(wildcards)]

    return found


def hosts(plan: Plan, wildcards: Any) -> list[str]:
    """Images of the classes that pieces of other classes are put into.

    The classes are those whose names have the least digests. One class more leaves the choice as it is,
    unless its own digest is among the least.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``corpus`` is read.

    Returns
    -------
    list of str
        Results of the stage ``corpus``.
    """
    section = plan.config.hosts
    chosen = _of_least_digest(plan, wildcards.corpus, section.images, section.seed)
    return [plan.result("corpus", wildcards, name) for name in chosen]


def class_sample(plan: Plan, wildcards: Any) -> list[str]:
    """Maps of the classes that images are drawn of to compare others with.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; those of a representation are read.

    Returns
    -------
    list of str
        Results of the stage whose maps are compared.
    """
    section = plan.config.class_sample
    stage = compared_stage(plan, wildcards.representation)
    chosen = _of_least_digest(plan, wildcards.corpus, section.classes, section.seed)
    return [plan.result(stage, wildcards, name) for name in chosen]


def concept_sample(plan: Plan, wildcards: Any) -> list[str]:
    """What was kept of hidden layers for the classes that images are drawn of to compare others with.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; those of a composite are read.

    Returns
    -------
    list of str
        Results of the stage ``concepts``.
    """
    section = plan.config.class_sample
    chosen = _of_least_digest(plan, wildcards.corpus, section.classes, section.seed)
    return [plan.result("concepts", wildcards, name) for name in chosen]


def others(plan: Plan, wildcards: Any) -> str | list[str]:
    """Sample of other classes, for a metric that looks at them.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; those of a metric are read.

    Returns
    -------
    str or list of str
        The path; an empty list for another metric.
    """
    if not metric_choice(wildcards.metric).others:
        return []
    return plan.beside(STAGES["class_sample"].depth, wildcards, f"class_sample{RESULT}")


def _of_least_digest(plan: Plan, corpus: str, number: int, seed: int) -> list[str]:
    """Choose classes; one class more or less hardly ever changes the choice."""

    def digest(name: str) -> bytes:
        return hashlib.sha256(f"{seed}/{name}".encode()).digest()

    return sorted(sorted(plan.classes.analysed(corpus), key=digest)[:number])


def table(plan: Plan, wildcards: Any) -> str | None:
    """File of labels of a corpus within its root.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``corpus`` is read.

    Returns
    -------
    str or None
        None for folders of classes, and digits.
    """
    named: str | None = plan.context.plain["corpus"][wildcards.corpus].get("table")
    return named


def artefacts(plan: Plan) -> list[str]:
    """Names of the accepted artefacts.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str

    Raises
    ------
    ConfigError
        The table of accepted artefacts is not valid; see `accepted_rows.read`.
    """
    return [row.artefact for row in plan.context.accepted]


def pictures(plan: Plan, wildcards: Any) -> list[str]:
    """Pictures of an accepted artefact that a person drew.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``artefact`` is read.

    Returns
    -------
    list of str
        Paths; none where unhans suggests mask and template.
    """
    return accepted_rows.pictures(plan.context.artefact(wildcards))


def evidence(plan: Plan, wildcards: Any) -> dict[str, str]:
    """Results that say which images of its class show an accepted artefact, by stage.

    Empty where the class has no images, and a picture is all that there is.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``artefact`` is read.

    Returns
    -------
    dict of str to str
        Path by stage.
    """
    row = plan.context.artefact(wildcards)
    if row.class_id not in plan.classes.analysed(row.corpus):
        return {}
    if row.changes_all:
        return {"corpus": plan.result("corpus", row, row.class_id)}
    analysis = accepted_rows.analysis_of(row, plan.config.analyses())
    stages = ("corpus", "attribution", accepted_rows.evidence(row))
    return {stage: plan.result(stage, analysis, row.class_id) for stage in stages}


def restoration(plan: Plan, wildcards: Any) -> list[str]:
    """Denoiser that takes an accepted artefact out of images, if one does.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``artefact`` is read.

    Returns
    -------
    list of str
        Paths of its record and of its weights; none of other kinds of artefacts.
    """
    row = plan.context.artefact(wildcards)
    if not row.restored:
        return []
    names = (f"model{RESULT}", "weights.safetensors")
    return [plan.beside(2, row, f"restoration/{name}") for name in names]


def findings(plan: Plan, wildcards: Any) -> list[str]:
    """Findings that say by which indicators the class of an accepted artefact is flagged, if needed.

    Parameters
    ----------
    plan : Plan
        Of the run.
    wildcards : Wildcards
        Of the job; ``artefact`` is read.

    Returns
    -------
    list of str
        One path; none where the artefact is a cluster, a feature or a change of whole images, or its
        class is not analysed.
    """
    row = plan.context.artefact(wildcards)
    named = row.analysis or row.feature or row.changes_all
    if named or row.class_id not in plan.classes.analysed(row.corpus):
        return []
    return [plan.beside(STAGES["findings"].depth, row, "findings_indicators.tsv")]


def photographs(plan: Plan) -> list[str]:
    """Path of the images of one class, of the first corpus of image files.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        One path; none without such a corpus.

    """
    corpus = plan.settings("photo_marks_figure")["corpus"]
    if corpus is None:
        return []
    return [plan.result("corpus", ANY._replace(corpus=corpus), plan.classes.needed(corpus)[0])]
