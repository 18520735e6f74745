for share in PLAN.wholes("contrast"):

    rule:
        name:
            share.rule("compensation")
        input:
            **made_of_all(share, corpus="corpus"),
            stencil="<results>/<composite>/stencil/{artefact}.zarr.zip",
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            table="<results>/<composite>/compensation/{artefact}.tsv",
            network=directory("<results>/<composite>/compensation/{artefact}"),
        log:
            "<logs>/<composite>/compensation/{artefact}.log",
        benchmark:
            "<benchmarks>/<composite>/compensation/{artefact}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
            artefact=one_of(row.artefact for row in PLAN.accepted),
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 8000 * attempt,
            runtime=lambda wildcards, attempt: 240 * attempt,
        params:
            settings=lambda wildcards: PLAN.settings("compensation", wildcards),
            code=PLAN.code("compensation"),
        message:
            "compensation: {wildcards.model} cured of {wildcards.artefact}"
        script:
            "../scripts/compensation.py"
