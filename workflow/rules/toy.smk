rule toy:
    output:
        figure=report(
            "<results>/toy.png",
            caption="../report/toy.rst",
            category="Method",
            labels={"what": "spectral clustering of a toy example"},
        ),
    log:
        "<logs>/toy.log",
    benchmark:
        "<benchmarks>/toy.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        settings=PLAN.settings("toy", None),
        code=PLAN.code("toy"),
    message:
        "toy: the method on points in the plane (figure 2 of the paper)"
    script:
        "../scripts/toy.py"
