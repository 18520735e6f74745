"""Folders of results as path variables, and where a job gets the results of another stage."""

from functools import partial

from unhans import paths
from unhans.pipeline import compat, inputs, targets
from unhans.pipeline.chunks import one_of
from unhans.pipeline.plan import ANY

RESULTS = PLAN.config.results


# The folder of each stage names the parameters that its results depend on.
pathvars:
    **paths.PATHVARS,
    results=RESULTS,
    logs=f"{RESULTS}/logs",
    benchmarks=f"{RESULTS}/benchmarks",


def made(chunk, **stages):
    """Results of stages for the classes of a job, by the name that each has among its inputs.

    Those of a chunk are one file a name (see ``unhans.pipeline.job``) and come with the rule that makes
    them; see ``unhans.pipeline.compat.file_of_rule``.
    """
    if not chunk.classes:
        return {name: PLAN.result(stage, ANY, "{class_id}") for name, stage in stages.items()}
    return {
        f"{name}_{number:04d}": compat.file_of_rule(path, rule and getattr(rules, rule))
        for name, stage in stages.items()
        for number, (path, rule) in enumerate(PLAN.sources(stage, chunk))
    }


def made_of_all(chunk, **stages):
    """Results of stages for all classes of a corpus, by the name that each has among the inputs."""
    if chunk.classes:
        return made(chunk, **stages)
    return {name: partial(PLAN.every_class, stage) for name, stage in stages.items()}


def images_of_all(chunk):
    """Images of all classes of a corpus, those included that a network only is trained on."""
    return made(chunk, images="corpus") if chunk.classes else {"images": PLAN.every_needed}


def compared(chunk):
    """Maps that are compared: of one stage where all representations have steps, or none has."""
    stages = {
        "preprocessing" if steps else "attribution" for steps in PLAN.config.preprocessing.values()
    }
    return made(chunk, maps=stages.pop()) if len(stages) == 1 else {"maps": PLAN.maps(chunk)}
