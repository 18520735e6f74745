"""Features: neurons and components of the last layer, their masks, labels and scores."""

for chunk in PLAN.chunks("neurons"):

    rule:
        name:
            chunk.rule("neurons")
        input:
            **made(chunk, images="corpus"),
            **kept_activations(chunk),
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            neurons=update(chunk.each("<results>/<model>/neurons/{class_id}.zarr.zip")),
        log:
            f"<logs>/<model>/neurons/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<model>/neurons/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(4000, per_input=2),
            runtime=chunk.minutes(30, each=10),
        params:
            stage="neurons",
            settings=PLAN.settings("neurons"),
            code=PLAN.code("neurons"),
            # Another input alone does not make a job run again.
            source="activations" if PLAN.config.attribution.activations else "corpus",
        message:
            f"neurons: what {chunk.description} rests on in the last layer"
        script:
            "../scripts/neurons.py"


for chunk in PLAN.chunks("sensitivity"):

    rule:
        name:
            chunk.rule("sensitivity")
        input:
            **made(chunk, images="corpus", neurons="neurons"),
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            sensitivity=update(chunk.each("<results>/<model>/sensitivity/{class_id}.zarr.zip")),
        log:
            f"<logs>/<model>/sensitivity/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<model>/sensitivity/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(3000, per_input=2),
            runtime=chunk.minutes(30, each=10),
        params:
            stage="sensitivity",
            settings=PLAN.settings("sensitivity"),
            code=PLAN.code("sensitivity"),
            # A person's labels: one of another class changes nothing of this one.
            entries=labels_of(PLAN.context, chunk),
        message:
            f"sensitivity: noise where features of {chunk.description} are"
        script:
            "../scripts/sensitivity.py"


rule salient:
    input:
        sensitivity=targets.of_classes(PLAN, "sensitivity"),
    output:
        table=report(
            "<results>/tables/salient.tsv",
            caption="../report/salient.rst",
            category="Tables",
            labels={"what": "neural features"},
        ),
    log:
        "<logs>/salient.log",
    benchmark:
        "<benchmarks>/salient.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1200 * attempt,
        runtime=30,
    params:
        stage="salient",
        settings=PLAN.settings("salient"),
        code=PLAN.code("salient"),
        above=PLAN.above,
    message:
        "salient: features of all classes and networks"
    script:
        "../scripts/salient.py"


for chunk in PLAN.whole_corpora("sensitivity"):

    rule:
        name:
            chunk.rule("features_page")
        input:
            **made_of_all(chunk, images="corpus", neurons="neurons", sensitivity="sensitivity"),
            record="<results>/<model>/model.zarr.zip",
        output:
            page="<results>/<model>/features.html",
            folder=directory("<results>/<model>/features"),
        log:
            "<logs>/<model>/features_page.log",
        benchmark:
            "<benchmarks>/<model>/features_page.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 1300 * attempt,
            runtime=lambda wildcards, attempt: 60 * attempt,
        params:
            stage="features_page",
            settings=lambda wildcards: PLAN.settings("features_page", wildcards),
            code=PLAN.code("features_page"),
            above=PLAN.above,
        message:
            "features_page: features of {wildcards.corpus} in {wildcards.model}, with their images"
        script:
            "../scripts/features_page.py"


rule witnesses:
    input:
        ranking="<results>/ranking.tsv",
        indicators=targets.explained(PLAN, "findings_indicators.tsv"),
        salient="<results>/tables/salient.tsv",
    output:
        table="<results>/tables/witnesses.tsv",
        agreement="<results>/tables/agreement.tsv",
    log:
        "<logs>/witnesses.log",
    benchmark:
        "<benchmarks>/witnesses.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        stage="witnesses",
        settings=PLAN.settings("witnesses"),
        code=PLAN.code("witnesses"),
    message:
        "witnesses: which looks at a class speak for an artefact"
    script:
        "../scripts/witnesses.py"


rule feature_groups:
    input:
        group_search=targets.of_classes(PLAN, "group_search"),
        attribution=targets.of_classes(PLAN, "attribution"),
        neurons=targets.of_classes(PLAN, "neurons"),
    output:
        table="<results>/tables/feature_groups.tsv",
    log:
        "<logs>/feature_groups.log",
    benchmark:
        "<benchmarks>/feature_groups.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
    params:
        stage="feature_groups",
        settings=PLAN.settings("feature_groups"),
        code=PLAN.code("feature_groups"),
        above=PLAN.above,
    message:
        "feature_groups: neural features beside the groups of SpRAy"
    script:
        "../scripts/feature_groups.py"
