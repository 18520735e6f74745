rule embedding:
    input:
        affinity="<results>/<graph>/affinity/{class_id}.zarr.zip",
    output:
        spectrum="<results>/<analysis>/embedding/{class_id}.zarr.zip",
    log:
        "<logs>/<analysis>/embedding/{class_id}.log",
    benchmark:
        "<benchmarks>/<analysis>/embedding/{class_id}.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        settings=lambda wildcards: PLAN.settings("embedding", wildcards),
        code=PLAN.code("embedding"),
    message:
        "embedding: {wildcards.q} smallest eigenpairs of class {wildcards.class_id}"
    script:
        "../scripts/embedding.py"
