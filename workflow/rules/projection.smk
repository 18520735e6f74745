for share in PLAN.shares("projection"):

    rule:
        name:
            share.rule("projection")
        input:
            **made(share, spectrum="embedding"),
        output:
            points=update(share.each("<results>/<analysis>/projection/{class_id}.zarr.zip")),
        log:
            f"<logs>/<analysis>/projection/{share.label}.log",
        benchmark:
            f"<benchmarks>/<analysis>/projection/{share.label}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=share.memory(1500),
            runtime=share.minutes(10),
        params:
            settings=lambda wildcards: PLAN.settings("projection", wildcards),
            code=PLAN.code("projection"),
        message:
            f"projection: {share.shown} drawn in the plane"
        script:
            "../scripts/projection.py"
