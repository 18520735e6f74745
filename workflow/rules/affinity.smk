rule affinity:
    input:
        distances="<results>/<metric>/distance/{class_id}.zarr.zip",
    output:
        affinity="<results>/<graph>/affinity/{class_id}.zarr.zip",
    log:
        "<logs>/<graph>/affinity/{class_id}.log",
    benchmark:
        "<benchmarks>/<graph>/affinity/{class_id}.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(500 + 10 * input.size_mb) * attempt,
        runtime=10,
    params:
        settings=lambda wildcards: PLAN.settings("affinity", wildcards),
        code=PLAN.code("affinity"),
    message:
        "affinity: {wildcards.knn} nearest neighbours in class {wildcards.class_id}"
    script:
        "../scripts/affinity.py"
