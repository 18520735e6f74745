for share in PLAN.shares("attribution"):

    rule:
        name:
            share.rule("attribution")
        input:
            **made(share, images="corpus"),
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            heatmaps=update(share.each("<results>/<composite>/attribution/{class_id}.zarr.zip")),
        log:
            f"<logs>/<composite>/attribution/{share.label}.log",
        benchmark:
            f"<benchmarks>/<composite>/attribution/{share.label}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: PLAN.config.attribution.workers
        resources:
            mem_mb=share.memory(4000),
            runtime=share.minutes(120, each=60),
        params:
            settings=lambda wildcards: PLAN.settings("attribution", wildcards),
            code=PLAN.code("attribution"),
        message:
            f"attribution: heatmaps of {share.shown} by {{wildcards.composite}}"
        script:
            "../scripts/attribution.py"
