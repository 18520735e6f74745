"""Detection: groups of images that stand out, and the score of each class."""


rule concept_sample:
    input:
        concepts=partial(inputs.concept_sample, PLAN),
    output:
        sample="<results>/<composite>/concept_sample.zarr.zip",
    log:
        "<logs>/<composite>/concept_sample.log",
    benchmark:
        "<benchmarks>/<composite>/concept_sample.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=30,
    params:
        stage="concept_sample",
        settings=PLAN.settings("concept_sample"),
        code=PLAN.code("concept_sample"),
        above=PLAN.above,
    message:
        "concept_sample: hidden layers in a few images of the classes of {wildcards.corpus}"
    script:
        "../scripts/concept_sample.py"


for chunk in PLAN.chunks("group_search"):

    rule:
        name:
            chunk.rule("group_search")
        input:
            **made(chunk, heatmaps="attribution", images="corpus", transplant="transplant"),
            **seen(chunk),
            record="<results>/<model>/model.zarr.zip",
        output:
            group_search=update(
                chunk.each("<results>/<composite>/group_search/{class_id}.zarr.zip")
            ),
        log:
            f"<logs>/<composite>/group_search/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<composite>/group_search/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(800, per_input=5),
            runtime=chunk.minutes(10),
        params:
            stage="group_search",
            settings=PLAN.settings("group_search"),
            code=PLAN.code("group_search"),
        message:
            f"group_search: images of {chunk.description} that stand apart from the others"
        script:
            "../scripts/group_search.py"


for chunk in PLAN.whole_corpora("group_search"):

    rule:
        name:
            chunk.rule("findings")
        input:
            **made_of_all(chunk, group_search="group_search"),
        output:
            table="<results>/<composite>/findings.tsv",
            indicators="<results>/<composite>/findings_indicators.tsv",
        log:
            "<logs>/<composite>/findings.log",
        benchmark:
            "<benchmarks>/<composite>/findings.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 900 * attempt,
            runtime=30,
        params:
            stage="findings",
            settings=lambda wildcards: PLAN.settings("findings", wildcards),
            code=PLAN.code("findings"),
            above=PLAN.above,
        message:
            "findings: classes of {wildcards.corpus} that stand out by {wildcards.composite}"
        script:
            "../scripts/findings.py"
