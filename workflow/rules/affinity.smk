for share in PLAN.shares("affinity"):

    rule:
        name:
            share.rule("affinity")
        input:
            **made(share, distances="distance"),
        output:
            affinity=update(share.each("<results>/<graph>/affinity/{class_id}.zarr.zip")),
        log:
            f"<logs>/<graph>/affinity/{share.label}.log",
        benchmark:
            f"<benchmarks>/<graph>/affinity/{share.label}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=share.memory(500, per_input=10),
            runtime=share.minutes(10),
        params:
            settings=lambda wildcards: PLAN.settings("affinity", wildcards),
            code=PLAN.code("affinity"),
        message:
            f"affinity: {{wildcards.knn}} nearest neighbours in {share.shown}"
        script:
            "../scripts/affinity.py"
