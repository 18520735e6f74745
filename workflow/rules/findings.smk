for share in PLAN.wholes("contrast"):

    rule:
        name:
            share.rule("findings")
        input:
            **made_of_all(share, contrast="contrast"),
        output:
            table="<results>/<composite>/findings.tsv",
        log:
            "<logs>/<composite>/findings.log",
        benchmark:
            "<benchmarks>/<composite>/findings.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=30,
        params:
            settings=lambda wildcards: PLAN.settings("findings", wildcards),
            code=PLAN.code("findings"),
        message:
            "findings: classes of {wildcards.corpus} that stand out by {wildcards.composite}"
        script:
            "../scripts/findings.py"
