for share in PLAN.wholes("contrast"):

    rule:
        name:
            share.rule("suggestion")
        input:
            **made_of_all(share, corpus="corpus", attribution="attribution", contrast="contrast"),
            findings="<results>/<composite>/findings.tsv",
            insertion="<results>/<composite>/insertion.tsv",
            artefacts="<results>/<composite>/artefacts.zarr.zip",
            record="<results>/<model>/model.zarr.zip",
        output:
            table="<results>/<composite>/suggestions.tsv",
            folder=report(
                directory("<results>/<composite>/suggestions"),
                patterns=["{artefact}.png"],
                caption="../report/suggestion.rst",
                category="Findings",
                labels={
                    "what": "suggested {artefact}",
                    "corpus": "{corpus}",
                    "model": "{model}",
                    "composite": "{composite}",
                },
            ),
        log:
            "<logs>/<composite>/suggestion.log",
        benchmark:
            "<benchmarks>/<composite>/suggestion.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=30,
        params:
            settings=PLAN.settings("suggestion", None),
            code=PLAN.code("suggestion"),
        message:
            "suggestion: artefacts of {wildcards.corpus} to accept or reject"
        script:
            "../scripts/suggestion.py"
