for share in PLAN.wholes("contrast"):

    rule:
        name:
            share.rule("unhansing")
        input:
            **made_of_all(share, corpus="corpus"),
            stencil="<results>/<composite>/stencil/{artefact}.zarr.zip",
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            table="<results>/<composite>/unhansing/{artefact}.tsv",
            folder=report(
                directory("<results>/<composite>/unhansing/{artefact}"),
                patterns=["{shows}.png"],
                caption="../report/unhansing.rst",
                category="Correction",
                labels={
                    "what": "un-Hansing of {artefact}: {shows}",
                    "corpus": "{corpus}",
                    "model": "{model}",
                    "composite": "{composite}",
                },
            ),
        log:
            "<logs>/<composite>/unhansing/{artefact}.log",
        benchmark:
            "<benchmarks>/<composite>/unhansing/{artefact}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
            artefact=one_of(row.artefact for row in PLAN.accepted),
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 8000 * attempt,
            runtime=lambda wildcards, attempt: 480 * attempt,
        params:
            settings=lambda wildcards: PLAN.settings("unhansing", wildcards),
            code=PLAN.code("unhansing"),
        message:
            "unhansing: {wildcards.model} trained on with {wildcards.artefact} in all images"
        script:
            "../scripts/unhansing.py"
