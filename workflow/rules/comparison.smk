rule comparison:
    input:
        table="<results>/ranking.tsv",
        clusterings=[PLAN.result("clustering", *cell) for cell in PLAN.planted_cells()],
        attributions=[PLAN.result("attribution", *cell) for cell in PLAN.planted_cells()],
    output:
        table=report(
            "<results>/comparison.tsv",
            caption="../report/comparison.rst",
            category="Comparison",
            labels={"what": "analyses side by side"},
        ),
        correlation=report(
            "<results>/correlation.tsv",
            caption="../report/correlation.rst",
            category="Comparison",
            labels={"what": "Spearman correlations of rankings"},
        ),
        figure=report(
            "<results>/correlation.png",
            caption="../report/correlation.rst",
            category="Comparison",
            labels={"what": "Spearman correlations, drawn"},
        ),
    log:
        "<logs>/comparison.log",
    benchmark:
        "<benchmarks>/comparison.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        settings=PLAN.settings("comparison", None),
        code=PLAN.code("comparison"),
    message:
        "comparison: the analyses side by side"
    script:
        "../scripts/comparison.py"
