rule preprocessing:
    input:
        heatmaps="<results>/<composite>/attribution/{class_id}.zarr.zip",
    output:
        maps="<results>/<representation>/preprocessing/{class_id}.zarr.zip",
    log:
        "<logs>/<representation>/preprocessing/{class_id}.log",
    benchmark:
        "<benchmarks>/<representation>/preprocessing/{class_id}.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(500 + 8 * input.size_mb) * attempt,
        runtime=10,
    params:
        settings=lambda wildcards: PLAN.settings("preprocessing", wildcards),
        code=PLAN.code("preprocessing"),
    message:
        "preprocessing: class {wildcards.class_id} as {wildcards.representation}"
    script:
        "../scripts/preprocessing.py"
