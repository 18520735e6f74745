rule separability:
    input:
        spectrum="<results>/<analysis>/embedding/{class_id}.zarr.zip",
        labels="<results>/<analysis>/clustering/{class_id}.zarr.zip",
    output:
        separability="<results>/<analysis>/separability/{class_id}.zarr.zip",
    log:
        "<logs>/<analysis>/separability/{class_id}.log",
    benchmark:
        "<benchmarks>/<analysis>/separability/{class_id}.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 500 * attempt,
        runtime=10,
    params:
        settings=lambda wildcards: PLAN.settings("separability", wildcards),
        code=PLAN.code("separability"),
    message:
        "separability: tau of class {wildcards.class_id}"
    script:
        "../scripts/separability.py"
