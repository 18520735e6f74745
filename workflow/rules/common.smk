"""Target lists, and what each folder is called."""

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
ABLATIONS = [
    f"{RESULTS}/{corpus}/{model}/ablation.tsv"
    for corpus, settings in PLAN.config.corpus.items()
    for model in PLAN.config.models_of(corpus)
    if settings.planted
]
