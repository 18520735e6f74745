rule ranking:
    input:
        separability=SEPARABILITIES,
        findings=PLAN.findings(),
    output:
        table="<results>/ranking.tsv",
        page=report(
            "<results>/ranking.html",
            caption="../report/ranking.rst",
            category="Ranking",
            labels={"what": "tau of every class, sortable"},
        ),
        figure=report(
            "<results>/ranking.png",
            caption="../report/ranking_figure.rst",
            category="Ranking",
            labels={"what": "highest tau of each analysis"},
        ),
    log:
        "<logs>/ranking.log",
    benchmark:
        "<benchmarks>/ranking.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
    params:
        settings=PLAN.settings("ranking", None),
        code=PLAN.code("ranking"),
    message:
        "ranking: tau of every class and analysis"
    script:
        "../scripts/ranking.py"
