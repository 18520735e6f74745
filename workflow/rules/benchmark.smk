"""Benchmark: how well scores of classes find planted artefacts."""


rule photo_marks_figure:
    input:
        images=inputs.photographs(PLAN),
    output:
        figure=report(
            "<results>/photo_marks.png",
            caption="../report/photo_marks_figure.rst",
            category="Detection",
            labels={"what": "marks in photographs"},
        ),
    log:
        "<logs>/photo_marks_figure.log",
    benchmark:
        "<benchmarks>/photo_marks_figure.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        stage="photo_marks_figure",
        settings=PLAN.settings("photo_marks_figure"),
        code=PLAN.code("photo_marks_figure"),
    message:
        "photo_marks_figure: an example of every mark in photographs"
    script:
        "../scripts/photo_marks_figure.py"


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


rule detection_photographs:
    input:
        separability=targets.conditions(PLAN, "separability", "detection_photographs"),
        affinity=targets.conditions(PLAN, "affinity", "detection_photographs"),
        embedding=targets.conditions(PLAN, "embedding", "detection_photographs"),
        clustering=targets.conditions(PLAN, "clustering", "detection_photographs"),
        attribution=targets.conditions(PLAN, "attribution", "detection_photographs"),
        group_search=targets.conditions(PLAN, "group_search", "detection_photographs"),
        responses=targets.condition_responses(PLAN, "detection_photographs"),
        findings=targets.condition_findings(PLAN, "detection_photographs"),
        experiments=targets.condition_findings(
            PLAN, "detection_photographs", "candidate_response.tsv"
        ),
    output:
        classes="<results>/detection_photographs/classes.tsv",
        summary=report(
            "<results>/detection_photographs/summary.tsv",
            caption="../report/detection.rst",
            category="Detection",
            labels={"what": "how well scores find marks in photographs"},
        ),
        clean=report(
            "<results>/detection_photographs/clean.tsv",
            caption="../report/detection.rst",
            category="Detection",
            labels={"what": "false findings in photographs without marks"},
        ),
    log:
        "<logs>/detection_photographs.log",
    benchmark:
        "<benchmarks>/detection_photographs.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
    params:
        stage="detection_photographs",
        settings=PLAN.settings("detection_photographs"),
        code=PLAN.code("detection_photographs"),
    message:
        "detection_photographs: scores of classes against the truth, over networks of photographs"
    script:
        "../scripts/detection_photographs.py"
