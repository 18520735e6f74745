"""Probes: what the data give away of whole classes, and what networks use of it."""

for chunk in PLAN.whole_corpora("attribution"):

    rule:
        name:
            chunk.rule("interventions")
        input:
            **made_of_all(chunk, images="corpus"),
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            table="<results>/<model>/interventions.tsv",
        log:
            "<logs>/<model>/interventions.log",
        benchmark:
            "<benchmarks>/<model>/interventions.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 2
        resources:
            mem_mb=lambda wildcards, attempt: 4000 * attempt,
            runtime=lambda wildcards, attempt: 120 * attempt,
        params:
            stage="interventions",
            settings=lambda wildcards: PLAN.settings("interventions", wildcards),
            code=PLAN.code("interventions"),
        message:
            "interventions: images of {wildcards.corpus} changed, seen by {wildcards.model}"
        script:
            "../scripts/interventions.py"
