for share in PLAN.shares("audit"):

    rule:
        name:
            share.rule("audit")
        input:
            **compared(share),
            **made(share, distances="distance"),
        output:
            audit=update(share.each("<results>/<metric>/audit/{class_id}.zarr.zip")),
        log:
            f"<logs>/<metric>/audit/{share.label}.log",
        benchmark:
            f"<benchmarks>/<metric>/audit/{share.label}.tsv"
        wildcard_constraints:
            corpus=share.corpus,
            metric=one_of(PLAN.audited()),
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=share.memory(1000, per_input=8),
            runtime=share.minutes(240, each=240),
        params:
            settings=lambda wildcards: PLAN.settings("audit", wildcards),
            code=lambda wildcards: PLAN.code("audit", wildcards),
        message:
            f"audit: {{wildcards.metric}} against its reference, of {share.shown}"
        script:
            "../scripts/audit.py"
