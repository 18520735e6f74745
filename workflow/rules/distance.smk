for share in PLAN.shares("distance"):

    rule:
        name:
            share.rule("distance")
        input:
            **compared(share),
        output:
            distances=update(share.each("<results>/<metric>/distance/{class_id}.zarr.zip")),
        log:
            f"<logs>/<metric>/distance/{share.label}.log",
        benchmark:
            f"<benchmarks>/<metric>/distance/{share.label}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=share.memory(500, per_input=8),
            runtime=share.minutes(30),
        params:
            settings=lambda wildcards: PLAN.settings("distance", wildcards),
            code=lambda wildcards: PLAN.code("distance", wildcards),
        message:
            f"distance: {{wildcards.metric}} between {{wildcards.representation}} maps of {share.shown}"
        script:
            "../scripts/distance.py"
