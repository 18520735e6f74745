"""What each wildcard may be; included last, see there."""


wildcard_constraints:
    corpus=one_of(PLAN.config.corpus),
    model=one_of(PLAN.config.model),
    composite=one_of(PLAN.config.attribution.composites),
    representation=one_of(PLAN.config.preprocessing),
    metric=one_of(PLAN.config.distance.metrics),
    knn=r"\d+",
    q=r"\d+",
    class_id=one_of(name for corpus in PLAN.config.corpus for name in PLAN.classes.needed(corpus)),
