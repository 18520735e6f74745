rule recall:
    input:
        audits=PLAN.audits(),
    output:
        table=report(
            "<results>/recall.tsv",
            caption="../report/recall.rst",
            category="Comparison",
            labels={"what": "neighbours held against a reference"},
        ),
    log:
        "<logs>/recall.log",
    benchmark:
        "<benchmarks>/recall.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        settings=PLAN.settings("recall", None),
        code=PLAN.code("recall"),
    message:
        "recall: the audits of all classes and metrics"
    script:
        "../scripts/recall.py"
