for share in PLAN.shares("contrast"):

    rule:
        name:
            share.rule("contrast")
        input:
            **made(share, heatmaps="attribution", images="corpus"),
            record="<results>/<model>/model.zarr.zip",
        output:
            contrast=update(share.each("<results>/<composite>/contrast/{class_id}.zarr.zip")),
        log:
            f"<logs>/<composite>/contrast/{share.label}.log",
        benchmark:
            f"<benchmarks>/<composite>/contrast/{share.label}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=share.memory(1000, per_input=5),
            runtime=share.minutes(10),
        params:
            settings=PLAN.settings("contrast", None),
            code=PLAN.code("contrast"),
        message:
            f"contrast: images of {share.shown} whose relevance lies apart"
        script:
            "../scripts/contrast.py"
