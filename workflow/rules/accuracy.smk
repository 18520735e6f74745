for share in PLAN.wholes("attribution"):

    rule:
        name:
            share.rule("accuracy")
        input:
            **made_of_all(share, images="corpus"),
            attribution=PLAN.first_attributions,
        output:
            table=report(
                "<results>/<model>/accuracy.tsv",
                caption="../report/accuracy.rst",
                category="Network",
                labels={
                    "what": "accuracy by class and split",
                    "model": "{model}",
                    "corpus": "{corpus}",
                },
            ),
        log:
            "<logs>/<model>/accuracy.log",
        benchmark:
            "<benchmarks>/<model>/accuracy.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=30,
        params:
            settings=lambda wildcards: PLAN.settings("accuracy", wildcards),
            code=PLAN.code("accuracy"),
        message:
            "accuracy: {wildcards.model} on the images of {wildcards.corpus} that are explained"
        script:
            "../scripts/accuracy.py"
