"""Attribution: heatmaps by Layer-wise Relevance Propagation."""

for chunk in PLAN.chunks("attribution"):

    rule:
        name:
            chunk.rule("attribution")
        input:
            **made(chunk, images="corpus"),
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            **also_made(chunk, "attribution"),
            heatmaps=update(chunk.each("<results>/<composite>/attribution/{class_id}.zarr.zip")),
        log:
            f"<logs>/<composite>/attribution/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<composite>/attribution/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: PLAN.config.attribution.workers
        resources:
            mem_mb=chunk.memory(4000 + 100 * (PLAN.config.attribution.workers - 1)),
            runtime=chunk.minutes(120, each=60),
        params:
            stage="attribution",
            settings=lambda wildcards: PLAN.settings("attribution", wildcards),
            also=lambda wildcards: PLAN.also("attribution", wildcards),
            code=PLAN.code("attribution"),
        message:
            f"attribution: heatmaps of {chunk.description} by {{wildcards.composite}}"
        script:
            "../scripts/attribution.py"
