"""Target lists, what each folder is called, and whence a job gets the results of another stage."""

from functools import partial

from snakemake.io import IOFile

RESULTS = PLAN.config.results


# The folder of each stage says which parameters made what lies in it.
pathvars:
    results=RESULTS,
    logs=f"{RESULTS}/logs",
    benchmarks=f"{RESULTS}/benchmarks",
    corpus="{corpus}",
    model="<corpus>/{model}",
    composite="<model>/{composite}",
    representation="<composite>/{representation}",
    metric="<representation>/{metric}",
    graph="<metric>/knn{knn}",
    analysis="<graph>/q{q}",


SEPARABILITIES = [PLAN.result("separability", *cell) for cell in PLAN.cells()]
# `all` asks for everything that is kept, so that a deleted heatmap is computed anew.
CACHED = PLAN.cached()
FIGURES = [f"{RESULTS}/{analysis.path}/figures" for analysis in PLAN.drawn()]
VERDICTS = [f"{RESULTS}/{folder}/findings.html" for folder in PLAN.explained()]
SUGGESTIONS = [f"{RESULTS}/{folder}/suggestions.tsv" for folder in PLAN.explained()]
ABLATIONS = [
    f"{RESULTS}/{corpus}/{model}/ablation.tsv"
    for corpus, settings in PLAN.config.corpus.items()
    for model in PLAN.config.models_of(corpus)
    if settings.planted
]


def made(share, **stages):
    """Results of stages for the classes of a job, by the name that each has among its inputs.

    Those of a chunk are one file a name (see ``unhans.job``) and come with the rule that makes
    them, which Snakemake forgets of a list. Among the files of a thousand classes it takes it more
    than a millisecond to find the rule of one, once for each use of it.
    """
    if not share.classes:
        return {name: PLAN.result(stage, ANY, "{class_id}") for name, stage in stages.items()}
    return {
        f"{name}_{number:04d}": IOFile(path, rule=workflow.get_rule(rule)) if rule else path
        for name, stage in stages.items()
        for number, (path, rule) in enumerate(PLAN.sources(stage, share))
    }


def made_of_all(share, **stages):
    """Results of stages for all classes of a corpus, by the name that each has among the inputs."""
    if share.classes:
        return made(share, **stages)
    return {name: partial(PLAN.every_class, stage) for name, stage in stages.items()}


def images_of_all(share):
    """Images of all classes of a corpus, those included that a network only is trained on."""
    return made(share, images="corpus") if share.classes else {"images": PLAN.every_member}


def compared(share):
    """Maps that are compared: of one stage where all representations have steps, or none has."""
    stages = {
        "preprocessing" if steps else "attribution" for steps in PLAN.config.preprocessing.values()
    }
    return made(share, maps=stages.pop()) if len(stages) == 1 else {"maps": PLAN.maps(share)}
