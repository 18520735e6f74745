rule stencil:
    input:
        unpack(PLAN.bearers),
        record="<results>/<model>/model.zarr.zip",
        findings=PLAN.telling_findings,
        drawn=PLAN.pictures,
    output:
        stencil="<results>/<composite>/stencil/{artefact}.zarr.zip",
    log:
        "<logs>/<composite>/stencil/{artefact}.log",
    benchmark:
        "<benchmarks>/<composite>/stencil/{artefact}.tsv"
    wildcard_constraints:
        artefact=one_of(row.artefact for row in PLAN.accepted),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
    params:
        settings=lambda wildcards: PLAN.settings("stencil", wildcards),
        code=PLAN.code("stencil"),
    message:
        "stencil: {wildcards.artefact}, ready to be put into images"
    script:
        "../scripts/stencil.py"
