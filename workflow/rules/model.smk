rule model:
    input:
        images="<results>/<corpus>/images.zarr.zip",
    output:
        record="<results>/<model>/model.zarr.zip",
        weights="<results>/<model>/weights.safetensors",
        training=report(
            "<results>/<model>/training.tsv",
            caption="../report/training.rst",
            category="Network",
            labels={"what": "training record", "model": "{model}", "corpus": "{corpus}"},
        ),
    log:
        "<logs>/<model>/model.log",
    benchmark:
        "<benchmarks>/<model>/model.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=lambda wildcards: PLAN.settings("model", wildcards),
        code=PLAN.code("model"),
    message:
        "model: training {wildcards.model} on {wildcards.corpus}"
    script:
        "../scripts/model.py"
