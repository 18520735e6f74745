for share in PLAN.shares("embedding"):

    rule:
        name:
            share.rule("embedding")
        input:
            **made(share, affinity="affinity"),
        output:
            spectrum=update(share.each("<results>/<analysis>/embedding/{class_id}.zarr.zip")),
        log:
            f"<logs>/<analysis>/embedding/{share.label}.log",
        benchmark:
            f"<benchmarks>/<analysis>/embedding/{share.label}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=share.memory(1000),
            runtime=share.minutes(10),
        params:
            settings=lambda wildcards: PLAN.settings("embedding", wildcards),
            code=PLAN.code("embedding"),
        message:
            f"embedding: {{wildcards.q}} smallest eigenpairs of {share.shown}"
        script:
            "../scripts/embedding.py"
