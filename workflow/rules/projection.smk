rule projection:
    input:
        spectrum="<results>/<analysis>/embedding/{class_id}.zarr.zip",
    output:
        points="<results>/<analysis>/projection/{class_id}.zarr.zip",
    log:
        "<logs>/<analysis>/projection/{class_id}.log",
    benchmark:
        "<benchmarks>/<analysis>/projection/{class_id}.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1500 * attempt,
        runtime=10,
    params:
        settings=lambda wildcards: PLAN.settings("projection", wildcards),
        code=PLAN.code("projection"),
    message:
        "projection: class {wildcards.class_id} drawn in the plane"
    script:
        "../scripts/projection.py"
