for share in PLAN.wholes("contrast"):

    rule:
        name:
            share.rule("effect")
        input:
            **made_of_all(share, corpus="corpus"),
            stencil="<results>/<composite>/stencil/{artefact}.zarr.zip",
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            table="<results>/<composite>/effect/{artefact}.tsv",
            figure=report(
                "<results>/<composite>/effect/{artefact}.png",
                caption="../report/effect.rst",
                category="Correction",
                labels={"what": "effect of {artefact}", "corpus": "{corpus}", "model": "{model}"},
            ),
        log:
            "<logs>/<composite>/effect/{artefact}.log",
        benchmark:
            "<benchmarks>/<composite>/effect/{artefact}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
            artefact=one_of(row.artefact for row in PLAN.accepted),
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 4000 * attempt,
            runtime=lambda wildcards, attempt: 60 * attempt,
        params:
            settings=lambda wildcards: PLAN.settings("effect", wildcards),
            code=PLAN.code("effect"),
        message:
            "effect: {wildcards.artefact} put into images and taken out, seen by {wildcards.model}"
        script:
            "../scripts/effect.py"
