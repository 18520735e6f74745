rule training:
    input:
        images=PLAN.every_member,
    output:
        record="<results>/<model>/model.zarr.zip",
        weights="<results>/<model>/weights.safetensors",
        training=report(
            "<results>/<model>/training.tsv",
            caption="../report/training.rst",
            category="Network",
            labels={"what": "training record", "model": "{model}", "corpus": "{corpus}"},
        ),
    log:
        "<logs>/<model>/training.log",
    benchmark:
        "<benchmarks>/<model>/training.tsv"
    wildcard_constraints:
        model=one_of(PLAN.trained(made_here=True)),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=lambda wildcards: PLAN.settings("training", wildcards),
        code=PLAN.code("training"),
        names=lambda wildcards: PLAN.all_names(wildcards.corpus),
    message:
        "training: {wildcards.model} on {wildcards.corpus}"
    script:
        "../scripts/training.py"
