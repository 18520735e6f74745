"""Folders of results as path variables, and where a job gets the results of another stage."""

from functools import partial

from unhans import paths
from unhans.pipeline import (
    estimates,
    explored,
    givers,
    inputs,
    network_inputs,
    paper_inputs,
    targets,
)
from unhans.pipeline.chunks import copies_of_metric, one_of
from unhans.pipeline.feature_settings import labels_of
from unhans.pipeline.plan import ANY
from unhans.pipeline.stages import by_products

RESULTS = PLAN.config.results


# The folder of each stage names the parameters that its results depend on.
pathvars:
    **paths.PATHVARS,
    results=RESULTS,
    logs=f"{RESULTS}/logs",
    benchmarks=f"{RESULTS}/benchmarks",


def made(chunk, **stages):
    """Results of stages for the classes of a job, by the name that each has among its inputs."""
    return {
        name: chunk.each(PLAN.result(stage, ANY, "{class_id}")) for name, stage in stages.items()
    }


def also_made(chunk, stage):
    """Results of further stages that the job of a stage makes, by stage."""
    return {
        other: update(chunk.each(PLAN.result(other, ANY, "{class_id}")))
        for other in by_products(PLAN.context, stage)
    }


def seen(chunk):
    """What was kept of hidden layers for the classes of a job and a sample of others, if anything was."""
    if "concepts" not in by_products(PLAN.context, "attribution"):
        return {"concepts": [], "concept_sample": []}
    sample = "<results>/<composite>/concept_sample.zarr.zip"
    return {**made(chunk, concepts="concepts"), "concept_sample": sample}


def kept_activations(chunk):
    """Penultimate activations that came with the heatmaps of the first composite, if they were kept."""
    if "activations" not in by_products(PLAN.context, "attribution"):
        return {"activations": []}
    point = ANY._replace(composite=PLAN.config.attribution.composites[0])
    return {"activations": chunk.each(PLAN.result("activations", point, "{class_id}"))}


def made_of_all(chunk, **stages):
    """Results of stages for all classes of a corpus, by the name that each has among the inputs."""
    if chunk.classes:
        return made(chunk, **stages)
    return {name: partial(PLAN.every_class, stage) for name, stage in stages.items()}


def images_of_all(chunk):
    """Images of all classes of a corpus, those included that a network only is trained on."""
    return made(chunk, images="corpus") if chunk.classes else {"images": PLAN.every_needed}


def represented(chunk):
    """Results that representations are made of: heatmaps, or what was kept of hidden layers."""
    return _by_representation(chunk, "heatmaps", inputs.represented_stage)


def compared(chunk):
    """Maps that are compared: a representation without steps is the heatmaps themselves."""
    return _by_representation(chunk, "maps", inputs.compared_stage)


def _by_representation(chunk, name, stage_of):
    """Results of a stage that depends on the representation; with their rule where it is always the same."""
    stages = {stage_of(PLAN, representation) for representation in PLAN.config.preprocessing}
    if len(stages) == 1:
        return made(chunk, **{name: stages.pop()})
    return {name: inputs.by_representation(PLAN, chunk, stage_of)}


def of_every_analysis(chunk):
    """Results of all analyses for the classes of a job, by stage and the number of the analysis."""
    return {
        name: chunk.each(path.replace(PLAN.config.results, "<results>", 1))
        for name, path in explored.of_every_analysis(PLAN).items()
    }
