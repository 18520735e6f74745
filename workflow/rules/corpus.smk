for share in PLAN.shares("corpus"):

    rule:
        name:
            share.rule("corpus")
        output:
            images=update(share.each("<results>/<corpus>/corpus/{class_id}.zarr.zip")),
        log:
            f"<logs>/<corpus>/corpus/{share.label}.log",
        benchmark:
            f"<benchmarks>/<corpus>/corpus/{share.label}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=share.memory(2000),
            runtime=share.minutes(30, each=5),
        params:
            settings=lambda wildcards: PLAN.settings("corpus", wildcards),
            code=PLAN.code("corpus"),
            entries=PLAN.entries_of(share),
        message:
            f"corpus: images of {share.shown} of {{wildcards.corpus}}"
        script:
            "../scripts/corpus.py"
