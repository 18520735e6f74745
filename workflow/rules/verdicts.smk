for share in PLAN.wholes("contrast"):

    rule:
        name:
            share.rule("verdicts")
        input:
            **made_of_all(share, corpus="corpus", attribution="attribution", contrast="contrast"),
            findings="<results>/<composite>/findings.tsv",
            insertion="<results>/<composite>/insertion.tsv",
            record="<results>/<model>/model.zarr.zip",
        output:
            page=report(
                "<results>/<composite>/findings.html",
                caption="../report/findings.rst",
                category="Findings",
                labels={
                    "what": "findings in sentences",
                    "corpus": "{corpus}",
                    "model": "{model}",
                    "composite": "{composite}",
                },
            ),
            folder=report(
                directory("<results>/<composite>/findings"),
                patterns=["{place}_{class_id}.png"],
                caption="../report/findings.rst",
                category="Findings",
                labels={
                    "what": "class {class_id}",
                    "corpus": "{corpus}",
                    "model": "{model}",
                    "composite": "{composite}",
                },
            ),
        log:
            "<logs>/<composite>/verdicts.log",
        benchmark:
            "<benchmarks>/<composite>/verdicts.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=30,
        params:
            settings=PLAN.settings("verdicts", None),
            code=PLAN.code("verdicts"),
        message:
            "verdicts: what was found in {wildcards.corpus}, in sentences and pictures"
        script:
            "../scripts/verdicts.py"
