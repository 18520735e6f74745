rule distance:
    input:
        maps=PLAN.maps,
    output:
        distances="<results>/<metric>/distance/{class_id}.zarr.zip",
    log:
        "<logs>/<metric>/distance/{class_id}.log",
    benchmark:
        "<benchmarks>/<metric>/distance/{class_id}.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: int(500 + 8 * input.size_mb) * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        settings=lambda wildcards: PLAN.settings("distance", wildcards),
        code=lambda wildcards: PLAN.code("distance", wildcards),
    message:
        "distance: {wildcards.metric} between {wildcards.representation} maps of class {wildcards.class_id}"
    script:
        "../scripts/distance.py"
