"""Stages: one row for each step of the workflow.

A stage has one name in its rule, script, config section and test. Its row holds the depth of its results
(see `paths`), its settings at a point of the grid, and the modules that its script chooses at run time.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from unhans.choices import metric_choice
from unhans.config.representations import starts_from_a_layer
from unhans.paths import Analysis
from unhans.pipeline import (
    benchmark_settings,
    feature_settings,
    image_settings,
    network_settings,
    paper_figures,
    probe_settings,
    spray_settings,
)
from unhans.pipeline.context import Context
from unhans.pipeline.digest import source_digest
from unhans.pipeline.tau_settings import of_clustering, of_interval, of_tau_null
from unhans.types import STORE_FORMAT, Parameters

Kind = Literal["class", "network", "corpus", "artefact", "run"]
"""What a stage makes one result of."""


Settings = Callable[[Context, Any], Mapping[str, Any]]
"""Settings of a stage at one point of the grid, given by wildcards or an analysis."""


class Stage(NamedTuple):
    """One step of the workflow."""

    name: str
    kind: Kind
    depth: int
    """Fields of an analysis that tell its results apart"""
    settings: Settings
    modules: Callable[[Any], tuple[str, ...]] = lambda _: ()
    """Modules that its script imports by name at run time, at one point of the grid"""
    leads_to_tau: bool = False
    made_by: str | None = None
    """Stage whose job makes its results as well, without a rule and a script of its own"""

    @property
    def job(self) -> str:
        """Stage whose rule, script and log it has."""
        return self.made_by or self.name


def settings(context: Context, stage: str, wildcards: Any) -> Parameters:
    """Settings of a stage at one point of the grid: plain values with sorted keys.

    Snakemake compares parameters as text, so equal settings must read the same.

    Parameters
    ----------
    context : Context
        Configuration, classes and code of the run.
    stage : str
        Name of the stage.
    wildcards : Wildcards or Analysis
        The point of the grid; only the fields that the stage depends on are read.

    Returns
    -------
    dict
        Plain JSON values.

    Raises
    ------
    ConfigError
        The source file of a metric or network of the user's own is not found.
    """
    found = STAGES[stage].settings(context, wildcards)
    plain: Parameters = json.loads(json.dumps(found, sort_keys=True))
    return plain


def code(context: Context, stage: str, wildcards: Any = None) -> str:
    """Digest of the code that carries out a stage, and of the layout that it writes.

    Parameters
    ----------
    context, stage, wildcards : Context, str, Wildcards or Analysis
        See `settings`.

    Returns
    -------
    str
        Digest, and the version of the layout of stores.
    """
    modules = STAGES[stage].modules(wildcards)
    digest = source_digest(STAGES[stage].job, *modules, root=context.root)
    return f"{digest}-{STORE_FORMAT}"


def by_products(context: Context, stage: str) -> list[str]:
    """Further stages whose results the job of a stage makes.

    Parameters
    ----------
    context : Context
        See `settings`.
    stage : str
        Name of the stage.

    Returns
    -------
    list of str
        Of ``attribution``: ``concepts`` where layers inside the network are kept for any corpus, and
        ``activations`` where the last map is.
    """
    if stage != "attribution":
        return []
    config = context.config
    layers = any(config.layers_of(corpus) for corpus in config.corpus)
    last = config.attribution.activations
    return [*(["concepts"] if layers else []), *(["activations"] if last else [])]


def lineage(context: Context, wildcards: Any, stages: Iterable[str]) -> dict[str, Any]:
    """Parameters and code that a result must name for each of the stages that led to it.

    Parameters
    ----------
    context, wildcards : Context, Wildcards or Analysis
        See `settings`.
    stages : iterable of str
        Names of the stages.

    Returns
    -------
    dict of str to dict
        ``parameters`` and ``code`` by stage.
    """
    return {
        stage: {
            "parameters": settings(context, stage, wildcards),
            "code": code(context, stage, wildcards),
        }
        for stage in stages
    }


def stages_of(context: Context, analysis: Analysis) -> list[str]:
    """Stages that tau of an analysis comes from, in order; those that make one result a class.

    Parameters
    ----------
    context, analysis : Context, Analysis
        See `settings`.

    Returns
    -------
    list of str
        Names of those whose results it reads: ``concepts`` for a representation of a layer, and so on.
    """
    chain = [stage.name for stage in STAGES.values() if stage.leads_to_tau]
    steps = context.config.preprocessing[analysis.representation]
    chain.remove("attribution" if starts_from_a_layer(steps) else "concepts")
    if not steps:
        chain.remove("preprocessing")
    if not metric_choice(analysis.metric).others:
        chain.remove("class_sample")
    return chain


def stages_of_groups(context: Context, wildcards: Any) -> list[str]:
    """Stages that the groups of a class come from, ``group_search`` the last.

    Parameters
    ----------
    context, wildcards : Context, Wildcards or Analysis
        See `settings`.

    Returns
    -------
    list of str
    """
    seen = [one for one in by_products(context, "attribution") if one == "concepts"]
    above = [network_stage(context, wildcards), "corpus", "attribution", "hosts", *seen]
    return [*above, *(["concept_sample"] if seen else []), "transplant", "group_search"]


def network_stage(context: Context, wildcards: Any) -> str:
    """Stage that makes the network of a point of the grid.

    Parameters
    ----------
    context, wildcards : Context, Wildcards or Analysis
        See `settings`.

    Returns
    -------
    {"training", "fine_tuning", "model"}
    """
    return context.network_stage(wildcards.model)


def _section(name: str, *keys: str) -> Settings:
    """Section of the configuration, or some of its keys."""
    return lambda context, _: {key: context.plain[name][key] for key in keys or context.plain[name]}


def _nothing(_: Context, __: Any) -> Mapping[str, Any]:
    return {}


def _recall(context: Context, _: Any) -> Mapping[str, Any]:
    return {"names": {corpus: context.classes.names(corpus) for corpus in context.config.corpus}}


def _ranking(context: Context, _: Any) -> Mapping[str, Any]:
    config = context.config
    lineages, subsets_lineages = {}, {}
    for analysis in config.analyses():
        chain = [network_stage(context, analysis), *stages_of(context, analysis)]
        measured = [*chain[: chain.index("distance") + 1], "interval"]
        lineages[analysis.path] = lineage(context, analysis, chain)
        subsets_lineages[analysis.path] = lineage(context, analysis, measured)
    return {
        **context.plain["ranking"],
        "lineage": lineages,
        "subsets_lineage": subsets_lineages,
        "planted": {name: corpus.planted for name, corpus in config.corpus.items()},
        "names": {name: context.classes.names(name) for name in config.corpus},
        "outputs": {name: _outputs(context, name) for name in config.corpus},
    }


def _outputs(context: Context, corpus: str) -> dict[str, int]:
    """Index of the output of each class that is analysed."""
    known = context.classes.outputs(corpus)
    return {class_id: known[class_id] for class_id in context.classes.analysed(corpus)}


def _findings(context: Context, wildcards: Any) -> Mapping[str, Any]:
    return {
        **context.plain["findings"],
        "names": context.classes.names(wildcards.corpus),
        "lineage": lineage(context, wildcards, stages_of_groups(context, wildcards)),
    }


def _of_corpus(name: str) -> Settings:
    """Section of a stage of all classes of a corpus, and their names."""

    def chosen(context: Context, wildcards: Any) -> Mapping[str, Any]:
        return {**context.plain[name], "names": context.classes.names(wildcards.corpus)}

    return chosen


def _planted_response(context: Context, wildcards: Any) -> Mapping[str, Any]:
    planting = context.plain["corpus"][wildcards.corpus]["planting"]
    return {**context.plain["planted_response"], "planting": planting}


def _restoration(context: Context, wildcards: Any) -> Mapping[str, Any]:
    # Its images are of all classes.
    return {**context.plain["restoration"], "classes": context.classes.needed(wildcards.corpus)}


def _prepared_artefact(context: Context, wildcards: Any) -> Mapping[str, Any]:
    row = context.artefact(wildcards)
    index = context.classes.outputs(row.corpus)[row.class_id]
    seed = context.config.candidate_response.seed
    return {"accepted": row._asdict(), "index": index, "seed": seed}


def _exported(context: Context, _: Any) -> Mapping[str, Any]:
    """Say what a whole run is exported of: with a class less, no input of an export is newer."""
    return {
        "analyses": [analysis.path for analysis in context.config.analyses()],
        "classes": {corpus: context.classes.analysed(corpus) for corpus in context.config.corpus},
    }


def _of_artefact(name: str) -> Settings:
    """Section of a stage whose results are of one accepted artefact each, and the artefact's row."""

    def chosen(context: Context, wildcards: Any) -> Mapping[str, Any]:
        section = {key: value for key, value in context.plain[name].items() if key != "artefacts"}
        return {**section, "accepted": context.artefact(wildcards)._asdict()}

    return chosen


STAGES: Mapping[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage("corpus", "class", 1, image_settings.of_corpus, leads_to_tau=True),
        Stage("manifest", "corpus", 1, image_settings.of_manifest),
        Stage("properties", "class", 1, _section("properties")),
        Stage("predictability", "corpus", 1, probe_settings.of_predictability),
        Stage("predictability_figure", "corpus", 1, _nothing),
        Stage("duplicates", "corpus", 1, _of_corpus("duplicates")),
        Stage("training", "network", 2, network_settings.of_training),
        Stage("fine_tuning", "network", 2, network_settings.of_fine_tuning),
        Stage("model", "network", 2, network_settings.of_model),
        Stage("accuracy", "corpus", 2, network_settings.of_accuracy),
        Stage("attribution", "class", 3, spray_settings.of_attribution, leads_to_tau=True),
        Stage(
            *("concepts", "class", 3, spray_settings.of_concepts),
            leads_to_tau=True,
            made_by="attribution",
        ),
        Stage(*("activations", "class", 3, spray_settings.of_activations), made_by="attribution"),
        Stage("preprocessing", "class", 4, spray_settings.of_preprocessing, leads_to_tau=True),
        Stage("class_sample", "corpus", 4, spray_settings.of_class_sample, leads_to_tau=True),
        Stage(
            "distance",
            "class",
            5,
            spray_settings.of_distance,
            spray_settings.modules_of_metric,
            leads_to_tau=True,
        ),
        Stage("affinity", "class", 6, spray_settings.of_affinity, leads_to_tau=True),
        Stage("embedding", "class", 7, spray_settings.of_embedding, leads_to_tau=True),
        Stage("clustering", "class", 7, of_clustering, leads_to_tau=True),
        Stage("separability", "class", 7, _nothing, leads_to_tau=True),
        Stage("interval", "class", 7, of_interval),
        Stage("tau_null", "run", 0, of_tau_null),
        Stage("projection", "class", 7, _section("projection")),
        Stage("audit", "class", 5, spray_settings.of_audit, spray_settings.modules_of_reference),
        Stage("recall", "run", 0, _recall),
        Stage("concept_sample", "corpus", 3, spray_settings.of_class_sample),
        Stage("hosts", "corpus", 2, _section("hosts")),
        Stage("transplant", "class", 3, _section("transplant")),
        Stage("group_search", "class", 3, _section("group_search")),
        Stage("findings", "corpus", 3, _findings),
        Stage("planted_response", "corpus", 2, _planted_response),
        Stage("movement", "class", 2, probe_settings.of_movement),
        Stage("interventions", "corpus", 2, probe_settings.of_interventions),
        Stage("probes", "corpus", 2, probe_settings.of_probes),
        Stage("property_accuracy", "corpus", 2, network_settings.of_accuracy),
        Stage("probes_page", "corpus", 2, probe_settings.of_probes_page),
        Stage("candidate_response", "corpus", 3, _section("candidate_response")),
        Stage("neurons", "class", 2, _section("neurons")),
        Stage("sensitivity", "class", 2, feature_settings.of_sensitivity),
        Stage("features_page", "corpus", 2, network_settings.of_accuracy),
        Stage("salient", "run", 0, feature_settings.of_salient),
        Stage("witnesses", "run", 0, _exported),
        Stage("feature_groups", "run", 0, _exported),
        Stage("restoration", "network", 2, _restoration),
        Stage("prepared_artefact", "artefact", 3, _prepared_artefact),
        Stage("accepted_response", "artefact", 3, _of_artefact("accepted_response")),
        Stage("accepted_response_figure", "artefact", 3, _nothing),
        Stage("correction", "artefact", 3, _of_artefact("correction")),
        Stage("unhansing", "artefact", 3, _of_artefact("unhansing")),
        Stage("unhansing_figure", "artefact", 3, _nothing),
        Stage("estimate", "run", 0, _exported),
        Stage("ranking", "run", 0, _ranking),
        Stage("ranking_figure", "run", 0, _nothing),
        Stage("comparison", "run", 0, _nothing),
        Stage("comparison_figure", "run", 0, _nothing),
        Stage("figures", "corpus", 7, _section("figures")),
        Stage("findings_page", "corpus", 3, _nothing),
        Stage("suggestions", "corpus", 3, _nothing),
        Stage("groups", "run", 0, _section("figures", "top", "clusters")),
        Stage("group_attributes", "run", 0, image_settings.of_group_attributes),
        Stage("sheets", "run", 0, _nothing),
        Stage("explorer_class", "class", 3, image_settings.of_explorer_class),
        Stage("explorer", "run", 0, _nothing),
        Stage("issues", "run", 0, _exported),
        Stage("virelay", "run", 0, _exported),
        Stage("fiftyone", "run", 0, _nothing),
        Stage("croissant", "run", 0, _nothing),
        Stage("tables", "run", 0, _section("tables")),
        Stage("toy", "run", 0, _section("toy")),
        Stage("toy_figure", "run", 0, _nothing),
        Stage("barycentre", "run", 0, _section("barycentre")),
        Stage("barycentre_figure", "run", 0, _nothing),
        Stage("paper_clusters", "run", 0, paper_figures.settings_of_clusters),
        Stage("paper_artefacts", "run", 0, paper_figures.settings_of_artefacts),
        Stage("paper_networks", "run", 0, paper_figures.settings_of_networks),
        Stage("paper", "run", 0, paper_figures.settings_of_page),
        Stage("detection", "run", 0, benchmark_settings.of_detection),
        Stage("detection_figure", "run", 0, _nothing),
        Stage("detection_photographs", "run", 0, benchmark_settings.of_detection_photographs),
        Stage("photo_marks_figure", "run", 0, benchmark_settings.of_photo_marks_figure),
    )
}
"""All stages by name, in the order in which they run."""
