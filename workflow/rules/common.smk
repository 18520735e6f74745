"""Target lists, and what each wildcard and each folder may be called."""

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


wildcard_constraints:
    corpus=one_of(PLAN.config.corpus),
    model=one_of(PLAN.config.model),
    composite=one_of(PLAN.config.attribution.composites),
    representation=one_of(PLAN.config.preprocessing),
    metric=one_of(PLAN.config.distance.metrics),
    knn=r"\d+",
    q=r"\d+",
    class_id=one_of(name for corpus in PLAN.config.corpus for name in PLAN.classes(corpus)),


SEPARABILITIES = [PLAN.result("separability", *cell) for cell in PLAN.cells()]
# `all` asks for everything that is kept, so that a deleted heatmap is computed anew.
CACHED = PLAN.cached()
FIGURES = [f"{RESULTS}/{analysis.path}/figures" for analysis in PLAN.drawn()]
ABLATIONS = [
    f"{RESULTS}/{corpus}/{model}/ablation.tsv"
    for corpus, settings in PLAN.config.corpus.items()
    for model in PLAN.config.model
    if settings.planting
]
