rule clustering:
    input:
        spectrum="<results>/<analysis>/embedding/{class_id}.zarr.zip",
    output:
        labels="<results>/<analysis>/clustering/{class_id}.zarr.zip",
    log:
        "<logs>/<analysis>/clustering/{class_id}.log",
    benchmark:
        "<benchmarks>/<analysis>/clustering/{class_id}.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        settings=lambda wildcards: PLAN.settings("clustering", wildcards),
        code=PLAN.code("clustering"),
    message:
        "clustering: k-means for every k of class {wildcards.class_id}"
    script:
        "../scripts/clustering.py"
