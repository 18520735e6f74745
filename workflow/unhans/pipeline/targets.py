"""Targets: paths of what the rules ask for."""

import os
from collections.abc import Iterable, Mapping
from typing import Literal

from unhans import paths
from unhans.choices import metric_choice
from unhans.config.benchmark_grid import Condition
from unhans.config.photo_grid import PhotoCondition
from unhans.paths import Analysis
from unhans.pipeline.plan import Plan
from unhans.pipeline.stages import STAGES

Grid = Literal["detection", "detection_photographs"]
"""A section of the config that makes corpora of its own."""

NOT_ASKED_FOR = {"audit", "explorer_class", "neurons", "sensitivity"}
"""Stages of classes that only a target of their own runs."""


def separabilities(plan: Plan) -> list[str]:
    """Results that the ranking ranks.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        Paths, one for each analysis and class.
    """
    return [plan.result("separability", *pair) for pair in plan.analysed_classes()]


def intervals(plan: Plan) -> list[str]:
    """Taus of subsets, of all that the ranking ranks.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        Paths, one for each analysis and class.
    """
    return [plan.result("interval", *pair) for pair in plan.analysed_classes()]


def explained(plan: Plan, file: str) -> list[str]:
    """A file of each corpus, network and composite, such as ``findings.tsv``.

    Parameters
    ----------
    plan : Plan
        Of the run.
    file : str
        Name of the file.

    Returns
    -------
    list of str
        Paths, each once.
    """
    found = (plan.beside(3, analysis, file) for analysis in plan.config.analyses())
    return list(dict.fromkeys(found))


def of_networks(plan: Plan, file: str) -> list[str]:
    """A file of each corpus and network, such as ``confusion.tsv``.

    Parameters
    ----------
    plan : Plan
        Of the run.
    file : str
        Name of the file.

    Returns
    -------
    list of str
        Paths, each once.
    """
    found = (plan.beside(2, analysis, file) for analysis in plan.config.analyses())
    return list(dict.fromkeys(found))


def of_classes(plan: Plan, stage: str) -> list[str]:
    """Results of a stage for all classes of all analyses.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        Name of a stage that makes one result a class.

    Returns
    -------
    list of str
        Paths, each once.
    """
    found = (plan.result(stage, *pair) for pair in plan.analysed_classes())
    return list(dict.fromkeys(found))


def of_corpora(plan: Plan, file: str) -> list[str]:
    """A file or folder of each corpus, such as ``duplicates.tsv``.

    Parameters
    ----------
    plan : Plan
        Of the run.
    file : str
        Its name.

    Returns
    -------
    list of str
        Paths, each once.
    """
    found = (plan.beside(1, analysis, file) for analysis in plan.config.analyses())
    return list(dict.fromkeys(found))


def planted_responses(plan: Plan, corpora: Iterable[str] | None = None) -> list[str]:
    """Responses of networks to planted artefacts, of all corpora or of those named.

    Parameters
    ----------
    plan : Plan
        Of the run.
    corpora : iterable of str, optional
        Names of corpora; None: all.

    Returns
    -------
    list of str
        Paths, one for each corpus with planted artefacts and network that explains it.
    """
    networks = {analysis.network: analysis for analysis in plan.config.analyses()}
    return [
        paths.beside(plan.config.results, 2, analysis, "planted_response.tsv")
        for network, analysis in networks.items()
        if plan.config.corpus[network[0]].planted and (corpora is None or network[0] in corpora)
    ]


def figures(plan: Plan) -> list[str]:
    """Folders of the pictures of the highest-ranked classes.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        Paths, one for each analysis that is drawn.
    """
    depth = STAGES["figures"].depth
    return [plan.beside(depth, analysis, "figures") for analysis in plan.drawn()]


def audited(plan: Plan) -> list[str]:
    """Metrics whose neighbours can be compared with a reference: those of optimal transport.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        Names of metrics.
    """
    return [name for name in plan.config.distance.metrics if metric_choice(name).reference]


def audits(plan: Plan) -> list[str]:
    """Audits of all classes and metrics.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        Paths, each once.
    """
    found = (
        plan.result("audit", analysis, class_id)
        for analysis, class_id in plan.analysed_classes()
        if analysis.metric in audited(plan)
    )
    return list(dict.fromkeys(found))


def planted_classes(plan: Plan, stage: str) -> list[str]:
    """Results of a stage for the classes that have a planted artefact, of every analysis.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        Name of a stage that makes one result a class.

    Returns
    -------
    list of str
        Paths.
    """
    return [
        plan.result(stage, analysis, class_id)
        for analysis, class_id in plan.analysed_classes()
        if class_id in plan.config.corpus[analysis.corpus].planted
    ]


def conditions(plan: Plan, stage: str, grid: Grid = "detection") -> list[str]:
    """Results of a stage for all classes and analyses of the detection benchmark.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        Name of a stage that makes one result a class.
    grid : {"detection", "detection_photographs"}
        Section of the grid.

    Returns
    -------
    list of str
        Paths; empty without a grid.
    """
    own = _conditions(plan, grid)
    return [plan.result(stage, *pair) for pair in plan.analysed_classes() if pair[0].corpus in own]


def condition_findings(
    plan: Plan, grid: Grid = "detection", name: str = "findings.tsv"
) -> list[str]:
    """Findings of the detection benchmark, or what was made of them.

    Parameters
    ----------
    plan : Plan
        Of the run.
    grid : {"detection", "detection_photographs"}
        Section of the grid.
    name : str
        Of the file beside the findings.

    Returns
    -------
    list of str
        Paths, each once; empty without a grid.
    """
    own = _conditions(plan, grid)
    analyses = [analysis for analysis in plan.config.analyses() if analysis.corpus in own]
    found = (plan.beside(3, analysis, name) for analysis in analyses)
    return list(dict.fromkeys(found))


def condition_responses(plan: Plan, grid: Grid = "detection") -> list[str]:
    """Responses to the planted artefacts of the detection benchmark.

    Parameters
    ----------
    plan : Plan
        Of the run.
    grid : {"detection", "detection_photographs"}
        Section of the grid.

    Returns
    -------
    list of str
        Paths, those of poisoned corpora alone; empty without a grid.
    """
    own = _conditions(plan, grid)
    return planted_responses(plan, [name for name, condition in own.items() if condition.poisoned])


def _conditions(plan: Plan, grid: Grid) -> Mapping[str, Condition | PhotoCondition]:
    if grid == "detection":
        return plan.config.detection.conditions()
    return plan.config.detection_photographs.conditions()


def of_accepted(plan: Plan, stage: str, ending: str = ".tsv") -> list[str]:
    """A file of a stage for each accepted artefact.

    Parameters
    ----------
    plan : Plan
        Of the run.
    stage : str
        Name of a stage that makes one result an accepted artefact.
    ending : str
        Ending of the file's name, after the name of the artefact.

    Returns
    -------
    list of str
        Paths, in the order of the accepted artefacts.

    Raises
    ------
    ConfigError
        The table of accepted artefacts is not valid; see `accepted_rows.read`.
    """
    depth, results = STAGES[stage].depth, plan.config.results
    return [
        paths.of_stage(results, stage, depth, row, f"{row.artefact}{ending}")
        for row in plan.context.accepted
    ]


def kept(plan: Plan) -> list[str]:
    """What represents all that is kept: a target that asks for it notices when some of it is deleted.

    Of a chunk the first class does, and whatever else of it is missing: Snakemake looks for the rule of
    each file that is asked for.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        Paths, sorted, each once.
    """
    found = set()
    for stage in STAGES.values():
        if stage.kind != "class" or stage.name in NOT_ASKED_FOR:
            continue
        for analysis in plan.drawn() if stage.name == "projection" else plan.config.analyses():
            always = not stage.leads_to_tau and stage.made_by is None
            if always or stage.name in made_of(plan, analysis):
                for members in plan.jobs(stage.name, analysis.corpus):
                    files = [plan.result(stage.name, analysis, name) for name in members]
                    found |= {files[0], *_missing_beside(*files)}
    for analysis in plan.config.analyses():
        names = [f"model{paths.RESULT}", "weights.safetensors", "accuracy.tsv", "confusion.tsv"]
        names += ["interventions.tsv", "probes.tsv", "property_accuracy.tsv"]
        names += [] if plan.context.network_stage(analysis.model) == "model" else ["training.tsv"]
        of_corpus = ("manifest.tsv", "set_aside.tsv", "predictability.tsv", "duplicates.tsv")
        found |= {plan.beside(1, analysis, name) for name in of_corpus}
        found |= {plan.beside(2, analysis, name) for name in names}
    return sorted(found)


def made_of(plan: Plan, analysis: Analysis) -> set[str]:
    """Name the stages of an analysis, and those that their jobs carry out as well.

    Parameters
    ----------
    plan : Plan
        Of the run.
    analysis : Analysis
        The point of the grid.

    Returns
    -------
    set of str
    """
    own = {STAGES[stage].job for stage in plan.stages(analysis)}
    return {
        *own,
        *plan.stages(analysis),
        *(name for one in own for name in plan.also(one, analysis)),
    }


def _missing_beside(first: str, *others: str) -> list[str]:
    """Files that are gone although the first of their job is there."""
    folder, name = os.path.split(first)
    try:
        there = set(os.listdir(folder))  # a shared file system is asked once, not file by file
    except OSError:
        return []
    return [path for path in others if os.path.basename(path) not in there] if name in there else []
