rule tables:
    input:
        compensations=PLAN.of_accepted("compensation"),
    output:
        compensation=report(
            "<results>/tables/compensation.tsv",
            caption="../report/compensation.rst",
            category="Correction",
            labels={"what": "networks cured of artefacts"},
        ),
    log:
        "<logs>/tables.log",
    benchmark:
        "<benchmarks>/tables.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        settings=PLAN.settings("tables", None),
        code=PLAN.code("tables"),
    message:
        "tables: corrections side by side"
    script:
        "../scripts/tables.py"
