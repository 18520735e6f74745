"""The paper: its tables and two of its figures."""


rule tables:
    input:
        ranking="<results>/ranking.tsv",
        responses=targets.of_accepted(PLAN, "accepted_response"),
        unhansings=targets.of_accepted(PLAN, "unhansing"),
        corrections=targets.of_accepted(PLAN, "correction"),
    output:
        table1=report(
            "<results>/tables/table1.tsv",
            caption="../report/table1.rst",
            category="Tables",
            labels={"what": "1: classes of highest tau"},
        ),
        table2=report(
            "<results>/tables/table2.tsv",
            caption="../report/table2.rst",
            category="Tables",
            labels={"what": "2: un-Hansing by cleaning"},
        ),
        table3=report(
            "<results>/tables/table3.tsv",
            caption="../report/table3.rst",
            category="Tables",
            labels={"what": "3: artefacts put into images"},
        ),
        table4=report(
            "<results>/tables/table4.tsv",
            caption="../report/table4.rst",
            category="Tables",
            labels={"what": "4: artefacts taken out of images"},
        ),
        more=expand(
            "<results>/tables/table{number}.{form}", number=[1, 2, 3, 4], form=["md", "tex"]
        ),
        correction=report(
            "<results>/tables/compensation.tsv",
            caption="../report/correction.rst",
            category="Correction",
            labels={"what": "corrected networks"},
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
        stage="tables",
        settings=PLAN.settings("tables"),
        code=PLAN.code("tables"),
    message:
        "tables: tables 1 to 4 of the paper, and corrections side by side"
    script:
        "../scripts/tables.py"


rule toy:
    output:
        arrays="<results>/toy.zarr.zip",
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
        stage="toy",
        settings=PLAN.settings("toy"),
        code=PLAN.code("toy"),
    message:
        "toy: the method on points in the plane (figure 2 of the paper)"
    script:
        "../scripts/toy.py"


rule toy_figure:
    input:
        arrays="<results>/toy.zarr.zip",
    output:
        figure=report(
            "<results>/toy.png",
            caption="../report/toy.rst",
            category="Method",
            labels={"what": "spectral clustering of a toy example"},
        ),
    log:
        "<logs>/toy_figure.log",
    benchmark:
        "<benchmarks>/toy_figure.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        stage="toy_figure",
        settings=PLAN.settings("toy_figure"),
        code=PLAN.code("toy_figure"),
    message:
        "toy_figure: the toy example, step by step, drawn (figure 2 of the paper)"
    script:
        "../scripts/toy_figure.py"


rule barycentre:
    output:
        arrays="<results>/barycentre.zarr.zip",
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
        stage="barycentre",
        settings=PLAN.settings("barycentre"),
        code=PLAN.code("barycentre"),
    message:
        "barycentre: four moved digits, averaged under three distances (figure 3 of the paper)"
    script:
        "../scripts/barycentre.py"


rule barycentre_figure:
    input:
        arrays="<results>/barycentre.zarr.zip",
    output:
        figure=report(
            "<results>/barycentre.png",
            caption="../report/barycentre.rst",
            category="Method",
            labels={"what": "barycentres under three distances"},
        ),
    log:
        "<logs>/barycentre_figure.log",
    benchmark:
        "<benchmarks>/barycentre_figure.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        stage="barycentre_figure",
        settings=PLAN.settings("barycentre_figure"),
        code=PLAN.code("barycentre_figure"),
    message:
        "barycentre_figure: the digits and their barycentres, drawn (figure 3 of the paper)"
    script:
        "../scripts/barycentre_figure.py"
