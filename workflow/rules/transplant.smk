"""Transplant: pieces of images put into images of other classes. Detection reads what comes of it."""


rule hosts:
    input:
        corpus=partial(inputs.hosts, PLAN),
        record="<results>/<model>/model.zarr.zip",
    output:
        hosts="<results>/<model>/hosts.zarr.zip",
    log:
        "<logs>/<model>/hosts.log",
    benchmark:
        "<benchmarks>/<model>/hosts.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=10,
    params:
        stage="hosts",
        settings=PLAN.settings("hosts"),
        code=PLAN.code("hosts"),
    message:
        "hosts: images of {wildcards.corpus} that pieces of others are put into"
    script:
        "../scripts/hosts.py"


for chunk in PLAN.chunks("transplant"):

    rule:
        name:
            chunk.rule("transplant")
        input:
            **made(chunk, heatmaps="attribution", images="corpus"),
            hosts="<results>/<model>/hosts.zarr.zip",
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            transplant=update(chunk.each("<results>/<composite>/transplant/{class_id}.zarr.zip")),
        log:
            f"<logs>/<composite>/transplant/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<composite>/transplant/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(3000, per_input=2),
            runtime=chunk.minutes(30, each=10),
        params:
            stage="transplant",
            settings=PLAN.settings("transplant"),
            code=PLAN.code("transplant"),
        message:
            f"transplant: pieces of images of {chunk.description}, put into images of other classes"
        script:
            "../scripts/transplant.py"
