rule corpus:
    output:
        images="<results>/<corpus>/images.zarr.zip",
        manifest="<results>/<corpus>/manifest.tsv",
    log:
        "<logs>/<corpus>/corpus.log",
    benchmark:
        "<benchmarks>/<corpus>/corpus.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=10,
    params:
        settings=lambda wildcards: PLAN.settings("corpus", wildcards),
        code=PLAN.code("corpus"),
    message:
        "corpus: images of {wildcards.corpus}, artefacts planted"
    script:
        "../scripts/corpus.py"
