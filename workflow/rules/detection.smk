rule detection:
    input:
        separability=PLAN.grid("separability"),
        affinity=PLAN.grid("affinity"),
        embedding=PLAN.grid("embedding"),
        clustering=PLAN.grid("clustering"),
        attribution=PLAN.grid("attribution"),
        contrast=PLAN.grid("contrast"),
        responses=PLAN.responses(),
        findings=PLAN.grid_findings(),
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
        figure=report(
            "<results>/detection/auc.png",
            caption="../report/detection.rst",
            category="Detection",
            labels={"what": "AUC against poisoning rate"},
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
        settings=PLAN.settings("detection", None),
        code=PLAN.code("detection"),
    message:
        "detection: scores of classes against the truth, over the grid of planted corpora"
    script:
        "../scripts/detection.py"
