"""Benchmark: how well scores of classes find planted artefacts."""


rule detection:
    input:
        separability=targets.conditions(PLAN, "separability"),
        affinity=targets.conditions(PLAN, "affinity"),
        embedding=targets.conditions(PLAN, "embedding"),
        clustering=targets.conditions(PLAN, "clustering"),
        attribution=targets.conditions(PLAN, "attribution"),
        group_search=targets.conditions(PLAN, "group_search"),
        responses=targets.condition_responses(PLAN),
        findings=targets.condition_findings(PLAN),
    output:
        classes="<results>/detection/classes.tsv",
        summary=report(
            "<results>/detection/summary.tsv",
            caption="../report/detection.rst",
            category="Detection",
            labels={"what": "how well scores find planted artefacts"},
        ),
        clean=report(
            "<results>/detection/clean.tsv",
            caption="../report/detection.rst",
            category="Detection",
            labels={"what": "false findings in clean corpora"},
        ),
    log:
        "<logs>/detection.log",
    benchmark:
        "<benchmarks>/detection.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
    params:
        stage="detection",
        settings=PLAN.settings("detection"),
        code=PLAN.code("detection"),
    message:
        "detection: scores of classes against the truth, over the grid of planted corpora"
    script:
        "../scripts/detection.py"


rule detection_figure:
    input:
        summary="<results>/detection/summary.tsv",
    output:
        figure=report(
            "<results>/detection/auc.png",
            caption="../report/detection.rst",
            category="Detection",
            labels={"what": "AUC against poisoning rate"},
        ),
    log:
        "<logs>/detection_figure.log",
    benchmark:
        "<benchmarks>/detection_figure.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        stage="detection_figure",
        settings=PLAN.settings("detection_figure"),
        code=PLAN.code("detection_figure"),
    message:
        "detection_figure: AUC of each score against the poisoning rate"
    script:
        "../scripts/detection_figure.py"
