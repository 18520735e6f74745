rule barycentre:
    output:
        figure=report(
            "<results>/barycentre.png",
            caption="../report/barycentre.rst",
            category="Method",
            labels={"what": "barycentres under three distances"},
        ),
    log:
        "<logs>/barycentre.log",
    benchmark:
        "<benchmarks>/barycentre.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        settings=PLAN.settings("barycentre", None),
        code=PLAN.code("barycentre"),
    message:
        "barycentre: four moved digits, averaged under three distances (figure 3 of the paper)"
    script:
        "../scripts/barycentre.py"
