for share in PLAN.shares("separability"):

    rule:
        name:
            share.rule("separability")
        input:
            **made(share, spectrum="embedding", labels="clustering"),
        output:
            separability=update(share.each("<results>/<analysis>/separability/{class_id}.zarr.zip")),
        log:
            f"<logs>/<analysis>/separability/{share.label}.log",
        benchmark:
            f"<benchmarks>/<analysis>/separability/{share.label}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=share.memory(500),
            runtime=share.minutes(10),
        params:
            settings=lambda wildcards: PLAN.settings("separability", wildcards),
            code=PLAN.code("separability"),
        message:
            f"separability: tau of {share.shown}"
        script:
            "../scripts/separability.py"
