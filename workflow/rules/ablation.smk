rule ablation:
    input:
        images=PLAN.every_member,
        record="<results>/<model>/model.zarr.zip",
        weights="<results>/<model>/weights.safetensors",
    output:
        response=report(
            "<results>/<model>/ablation.tsv",
            caption="../report/ablation.rst",
            category="Network",
            labels={"what": "response to insertion", "model": "{model}", "corpus": "{corpus}"},
        ),
    log:
        "<logs>/<model>/ablation.log",
    benchmark:
        "<benchmarks>/<model>/ablation.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=10,
    params:
        settings=lambda wildcards: PLAN.settings("ablation", wildcards),
        code=PLAN.code("ablation"),
    message:
        "ablation: response of {wildcards.model} to the artefacts of {wildcards.corpus}"
    script:
        "../scripts/ablation.py"
