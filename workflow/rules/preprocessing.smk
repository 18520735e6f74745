for share in PLAN.shares("preprocessing"):

    rule:
        name:
            share.rule("preprocessing")
        input:
            **made(share, heatmaps="attribution"),
        output:
            maps=update(share.each("<results>/<representation>/preprocessing/{class_id}.zarr.zip")),
        log:
            f"<logs>/<representation>/preprocessing/{share.label}.log",
        benchmark:
            f"<benchmarks>/<representation>/preprocessing/{share.label}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=share.memory(500, per_input=8),
            runtime=share.minutes(10),
        params:
            settings=lambda wildcards: PLAN.settings("preprocessing", wildcards),
            code=PLAN.code("preprocessing"),
        message:
            f"preprocessing: {share.shown} as {{wildcards.representation}}"
        script:
            "../scripts/preprocessing.py"
