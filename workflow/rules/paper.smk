"""The paper: its tables and its figures."""


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
        mem_mb=lambda wildcards, attempt: 600 * attempt,
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
        mem_mb=lambda wildcards, attempt: 500 * attempt,
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
        mem_mb=lambda wildcards, attempt: 900 * attempt,
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
        mem_mb=lambda wildcards, attempt: 500 * attempt,
        runtime=10,
    params:
        stage="barycentre_figure",
        settings=PLAN.settings("barycentre_figure"),
        code=PLAN.code("barycentre_figure"),
    message:
        "barycentre_figure: the digits and their barycentres, drawn (figure 3 of the paper)"
    script:
        "../scripts/barycentre_figure.py"


rule paper_clusters:
    input:
        **{
            stage: partial(paper_inputs.of_clusters, PLAN, stage)
            for stage in ("corpus", "attribution", "affinity", "clustering", "projection")
        },
        table="<results>/ranking.tsv",
        record=partial(paper_inputs.record_of_clusters, PLAN),
    output:
        figure=report(
            "<results>/paper/figure{number}.png",
            caption="../report/paper.rst",
            category="Paper",
            labels={"figure": "{number}", "what": "clusters"},
        ),
        missing="<results>/paper/missing{number}.tsv",
    log:
        "<logs>/paper_clusters/{number}.log",
    benchmark:
        "<benchmarks>/paper_clusters/{number}.tsv"
    wildcard_constraints:
        number=one_of(paper_inputs.numbers(PLAN, "paper_clusters")),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
    params:
        stage="paper_clusters",
        settings=lambda wildcards: PLAN.settings("paper_clusters", wildcards),
        code=PLAN.code("paper_clusters"),
        above=PLAN.above,
    message:
        "paper_clusters: figure {wildcards.number} of the paper, clusters of classes"
    script:
        "../scripts/paper_clusters.py"


rule paper_artefacts:
    input:
        responses=partial(paper_inputs.of_artefacts, PLAN, "accepted_response", ".zarr.zip"),
        unhansing=partial(paper_inputs.of_artefacts, PLAN, "unhansing", ".zarr.zip"),
        table=partial(paper_inputs.of_artefacts, PLAN, "unhansing", ".tsv"),
        prepared_artefact=partial(paper_inputs.of_artefacts, PLAN, "prepared_artefact", ".zarr.zip"),
        model=partial(paper_inputs.of_artefacts, PLAN, "model", ""),
    output:
        figure=report(
            "<results>/paper/figure{number}.png",
            caption="../report/paper.rst",
            category="Paper",
            labels={"figure": "{number}", "what": "artefacts"},
        ),
        missing="<results>/paper/missing{number}.tsv",
    log:
        "<logs>/paper_artefacts/{number}.log",
    benchmark:
        "<benchmarks>/paper_artefacts/{number}.tsv"
    wildcard_constraints:
        number=one_of(paper_inputs.numbers(PLAN, "paper_artefacts")),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
    params:
        stage="paper_artefacts",
        settings=lambda wildcards: PLAN.settings("paper_artefacts", wildcards),
        code=PLAN.code("paper_artefacts"),
        above=PLAN.above,
    message:
        "paper_artefacts: figure {wildcards.number} of the paper, accepted artefacts"
    script:
        "../scripts/paper_artefacts.py"


rule paper_networks:
    input:
        **{
            stage: partial(paper_inputs.of_networks, PLAN, stage)
            for stage in ("corpus", "attribution", "model", "prepared_artefact")
        },
    output:
        figure=report(
            "<results>/paper/figure{number}.png",
            caption="../report/paper.rst",
            category="Paper",
            labels={"figure": "{number}", "what": "networks"},
        ),
        missing="<results>/paper/missing{number}.tsv",
        table="<results>/paper/figure{number}.tsv",
    log:
        "<logs>/paper_networks/{number}.log",
    benchmark:
        "<benchmarks>/paper_networks/{number}.tsv"
    wildcard_constraints:
        number=one_of(paper_inputs.numbers(PLAN, "paper_networks")),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
    params:
        stage="paper_networks",
        settings=lambda wildcards: PLAN.settings("paper_networks", wildcards),
        code=PLAN.code("paper_networks"),
        above=PLAN.above,
    message:
        "paper_networks: figure {wildcards.number} of the paper, the same images under several networks"
    script:
        "../scripts/paper_networks.py"


rule paper:
    input:
        tables=expand("<results>/tables/table{number}.tsv", number=[1, 2, 3, 4]),
        toy="<results>/toy.png",
        barycentre="<results>/barycentre.png",
        figures=paper_inputs.figures(PLAN),
        missing=paper_inputs.missing(PLAN),
    output:
        page="<results>/paper/index.html",
        figure02="<results>/paper/figure02.png",
        figure03="<results>/paper/figure03.png",
    log:
        "<logs>/paper.log",
    benchmark:
        "<benchmarks>/paper.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        stage="paper",
        settings=PLAN.settings("paper"),
        code=PLAN.code("paper"),
    message:
        "paper: the paper's tables and figures that the configuration allows, on one page"
    script:
        "../scripts/paper.py"
