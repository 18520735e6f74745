rule attribution:
    input:
        images="<results>/<corpus>/images.zarr.zip",
        record="<results>/<model>/model.zarr.zip",
        weights="<results>/<model>/weights.safetensors",
    output:
        heatmaps="<results>/<composite>/attribution/{class_id}.zarr.zip",
    log:
        "<logs>/<composite>/attribution/{class_id}.log",
    benchmark:
        "<benchmarks>/<composite>/attribution/{class_id}.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=lambda wildcards: PLAN.settings("attribution", wildcards),
        code=PLAN.code("attribution"),
    message:
        "attribution: heatmaps of class {wildcards.class_id} by {wildcards.composite}"
    script:
        "../scripts/attribution.py"
