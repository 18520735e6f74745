rule model:
    input:
        weights=PLAN.weights,
    output:
        record="<results>/<model>/model.zarr.zip",
        weights="<results>/<model>/weights.safetensors",
    log:
        "<logs>/<model>/model.log",
    benchmark:
        "<benchmarks>/<model>/model.tsv"
    wildcard_constraints:
        model=one_of(PLAN.trained(made_here=False)),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=30,
    params:
        settings=lambda wildcards: PLAN.settings("model", wildcards),
        code=PLAN.code("model"),
        names=lambda wildcards: PLAN.all_names(wildcards.corpus),
        # Checked, and part of no result: naming the hash of the same file changes nothing.
        sha256=PLAN.sha256,
    message:
        "model: {wildcards.model} and its weights"
    script:
        "../scripts/model.py"
