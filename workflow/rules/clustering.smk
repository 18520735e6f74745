for share in PLAN.shares("clustering"):

    rule:
        name:
            share.rule("clustering")
        input:
            **made(share, spectrum="embedding"),
        output:
            labels=update(share.each("<results>/<analysis>/clustering/{class_id}.zarr.zip")),
        log:
            f"<logs>/<analysis>/clustering/{share.label}.log",
        benchmark:
            f"<benchmarks>/<analysis>/clustering/{share.label}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=share.memory(1000),
            runtime=share.minutes(10),
        params:
            settings=lambda wildcards: PLAN.settings("clustering", wildcards),
            code=PLAN.code("clustering"),
        message:
            f"clustering: k-means for every k of {share.shown}"
        script:
            "../scripts/clustering.py"
