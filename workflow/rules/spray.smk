"""SpRAy: Algorithm 1 of the paper, from heatmaps to tau, one rule a step."""

for chunk in PLAN.chunks("preprocessing"):

    rule:
        name:
            chunk.rule("preprocessing")
        input:
            **represented(chunk),
        output:
            maps=update(chunk.each("<results>/<representation>/preprocessing/{class_id}.zarr.zip")),
        log:
            f"<logs>/<representation>/preprocessing/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<representation>/preprocessing/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(300, per_input=3),
            runtime=chunk.minutes(10),
        params:
            stage="preprocessing",
            settings=lambda wildcards: PLAN.settings("preprocessing", wildcards),
            code=PLAN.code("preprocessing"),
        message:
            f"preprocessing: {chunk.description} as {{wildcards.representation}}"
        script:
            "../scripts/preprocessing.py"


rule class_sample:
    input:
        maps=partial(inputs.class_sample, PLAN),
    output:
        sample="<results>/<representation>/class_sample.zarr.zip",
    log:
        "<logs>/<representation>/class_sample.log",
    benchmark:
        "<benchmarks>/<representation>/class_sample.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=30,
    params:
        stage="class_sample",
        settings=PLAN.settings("class_sample"),
        code=PLAN.code("class_sample"),
        above=PLAN.above,
    message:
        "class_sample: {wildcards.representation} of a few images of the classes of {wildcards.corpus}"
    script:
        "../scripts/class_sample.py"


for chunk in PLAN.chunks("distance"):

    rule:
        name:
            chunk.rule("distance")
        input:
            **compared(chunk),
            others=partial(inputs.others, PLAN),
        output:
            distances=update(chunk.each("<results>/<metric>/distance/{class_id}.zarr.zip")),
        log:
            f"<logs>/<metric>/distance/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<metric>/distance/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(500, per_input=copies_of_metric),
            runtime=chunk.minutes(30),
        params:
            stage="distance",
            settings=lambda wildcards: PLAN.settings("distance", wildcards),
            code=lambda wildcards: PLAN.code("distance", wildcards),
        message:
            f"distance: {{wildcards.metric}} between {{wildcards.representation}} maps of {chunk.description}"
        script:
            "../scripts/distance.py"


for chunk in PLAN.chunks("affinity"):

    rule:
        name:
            chunk.rule("affinity")
        input:
            **made(chunk, distances="distance"),
        output:
            affinity=update(chunk.each("<results>/<graph>/affinity/{class_id}.zarr.zip")),
        log:
            f"<logs>/<graph>/affinity/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<graph>/affinity/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(200, per_input=10),
            runtime=chunk.minutes(10),
        params:
            stage="affinity",
            settings=lambda wildcards: PLAN.settings("affinity", wildcards),
            code=PLAN.code("affinity"),
        message:
            f"affinity: {{wildcards.knn}} nearest neighbours in {chunk.description}"
        script:
            "../scripts/affinity.py"


for chunk in PLAN.chunks("embedding"):

    rule:
        name:
            chunk.rule("embedding")
        input:
            **made(chunk, affinity="affinity"),
        output:
            spectrum=update(chunk.each("<results>/<analysis>/embedding/{class_id}.zarr.zip")),
        log:
            f"<logs>/<analysis>/embedding/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<analysis>/embedding/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(240),
            runtime=chunk.minutes(10),
        params:
            stage="embedding",
            settings=lambda wildcards: PLAN.settings("embedding", wildcards),
            code=PLAN.code("embedding"),
        message:
            f"embedding: {{wildcards.q}} smallest eigenpairs of {chunk.description}"
        script:
            "../scripts/embedding.py"


for chunk in PLAN.chunks("clustering"):

    rule:
        name:
            chunk.rule("clustering")
        input:
            **made(chunk, spectrum="embedding"),
        output:
            labels=update(chunk.each("<results>/<analysis>/clustering/{class_id}.zarr.zip")),
        log:
            f"<logs>/<analysis>/clustering/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<analysis>/clustering/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(500),
            runtime=chunk.minutes(10),
        params:
            stage="clustering",
            settings=lambda wildcards: PLAN.settings("clustering", wildcards),
            code=PLAN.code("clustering"),
        message:
            f"clustering: k-means for every k of {chunk.description}"
        script:
            "../scripts/clustering.py"


for chunk in PLAN.chunks("separability"):

    rule:
        name:
            chunk.rule("separability")
        input:
            **made(chunk, spectrum="embedding", labels="clustering"),
        output:
            separability=update(chunk.each("<results>/<analysis>/separability/{class_id}.zarr.zip")),
        log:
            f"<logs>/<analysis>/separability/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<analysis>/separability/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(240),
            runtime=chunk.minutes(10),
        params:
            stage="separability",
            settings=lambda wildcards: PLAN.settings("separability", wildcards),
            code=PLAN.code("separability"),
        message:
            f"separability: tau of {chunk.description}"
        script:
            "../scripts/separability.py"


for chunk in PLAN.chunks("interval"):

    rule:
        name:
            chunk.rule("interval")
        input:
            **made(chunk, distances="distance"),
        output:
            interval=update(chunk.each("<results>/<analysis>/interval/{class_id}.zarr.zip")),
        log:
            f"<logs>/<analysis>/interval/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<analysis>/interval/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(500, per_input=10),
            runtime=chunk.minutes(10),
        params:
            stage="interval",
            settings=lambda wildcards: PLAN.settings("interval", wildcards),
            code=PLAN.code("interval"),
        message:
            f"interval: tau of subsets of {chunk.description}"
        script:
            "../scripts/interval.py"


rule tau_null:
    input:
        separability=targets.separabilities(PLAN),
    output:
        table="<results>/tau_null.tsv",
    log:
        "<logs>/tau_null.log",
    benchmark:
        "<benchmarks>/tau_null.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=60,
    params:
        stage="tau_null",
        settings=PLAN.settings("tau_null"),
        code=PLAN.code("tau_null"),
        above=PLAN.above,
    message:
        "tau_null: tau of classes without structure"
    script:
        "../scripts/tau_null.py"


for chunk in PLAN.chunks("projection"):

    rule:
        name:
            chunk.rule("projection")
        input:
            **made(chunk, spectrum="embedding"),
        output:
            points=update(chunk.each("<results>/<analysis>/projection/{class_id}.zarr.zip")),
        log:
            f"<logs>/<analysis>/projection/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<analysis>/projection/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(900),
            runtime=chunk.minutes(10),
        params:
            stage="projection",
            settings=lambda wildcards: PLAN.settings("projection", wildcards),
            code=PLAN.code("projection"),
        message:
            f"projection: {chunk.description} drawn in the plane"
        script:
            "../scripts/projection.py"


for chunk in PLAN.chunks("audit"):

    rule:
        name:
            chunk.rule("audit")
        input:
            **compared(chunk),
            **made(chunk, distances="distance"),
        output:
            audit=update(chunk.each("<results>/<metric>/audit/{class_id}.zarr.zip")),
        log:
            f"<logs>/<metric>/audit/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<metric>/audit/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
            metric=one_of(targets.audited(PLAN)),
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(1000, per_input=8),
            runtime=chunk.minutes(240, each=240),
        params:
            stage="audit",
            settings=lambda wildcards: PLAN.settings("audit", wildcards),
            code=lambda wildcards: PLAN.code("audit", wildcards),
        message:
            f"audit: {{wildcards.metric}} against its reference, of {chunk.description}"
        script:
            "../scripts/audit.py"


rule recall:
    input:
        audits=targets.audits(PLAN),
    output:
        table=report(
            "<results>/recall.tsv",
            caption="../report/recall.rst",
            category="Comparison",
            labels={"what": "neighbours held against a reference"},
        ),
    log:
        "<logs>/recall.log",
    benchmark:
        "<benchmarks>/recall.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        stage="recall",
        settings=PLAN.settings("recall"),
        code=PLAN.code("recall"),
        above=PLAN.above,
    message:
        "recall: the audits of all classes and metrics"
    script:
        "../scripts/recall.py"
