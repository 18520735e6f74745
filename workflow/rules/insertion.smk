for share in PLAN.wholes("contrast"):

    rule:
        name:
            share.rule("insertion")
        input:
            **made_of_all(share, corpus="corpus", attribution="attribution", contrast="contrast"),
            findings="<results>/<composite>/findings.tsv",
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            table="<results>/<composite>/insertion.tsv",
            artefacts="<results>/<composite>/artefacts.zarr.zip",
        log:
            "<logs>/<composite>/insertion.log",
        benchmark:
            "<benchmarks>/<composite>/insertion.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 4000 * attempt,
            runtime=60,
        params:
            settings=PLAN.settings("insertion", None),
            code=PLAN.code("insertion"),
        message:
            "insertion: what the flagged groups of {wildcards.corpus} share, put into other images"
        script:
            "../scripts/insertion.py"
