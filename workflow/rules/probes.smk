"""Probes: what the data give away of whole classes, and what networks use of it."""

for chunk in PLAN.chunks("properties"):

    rule:
        name:
            chunk.rule("properties")
        input:
            **made(chunk, images="corpus"),
        output:
            properties=update(chunk.each("<results>/<corpus>/properties/{class_id}.zarr.zip")),
        log:
            f"<logs>/<corpus>/properties/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<corpus>/properties/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(2000),
            runtime=chunk.minutes(30, each=5),
        params:
            stage="properties",
            settings=PLAN.settings("properties"),
            code=PLAN.code("properties"),
        message:
            f"properties: what the files and images of {chunk.description} are like"
        script:
            "../scripts/properties.py"


for chunk in PLAN.whole_corpora("properties"):

    rule:
        name:
            chunk.rule("predictability")
        input:
            **made_of_all(chunk, images="corpus", properties="properties"),
        output:
            table=report(
                "<results>/<corpus>/predictability.tsv",
                caption="../report/predictability.rst",
                category="Data",
                labels={"what": "properties that tell a class", "corpus": "{corpus}"},
            ),
            overall=report(
                "<results>/<corpus>/predictability_overall.tsv",
                caption="../report/predictability.rst",
                category="Data",
                labels={"what": "classes by all properties together", "corpus": "{corpus}"},
            ),
            ends="<results>/<corpus>/predictability.zarr.zip",
        log:
            "<logs>/<corpus>/predictability.log",
        benchmark:
            "<benchmarks>/<corpus>/predictability.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 4000 * attempt,
            runtime=60,
        params:
            stage="predictability",
            settings=lambda wildcards: PLAN.settings("predictability", wildcards),
            code=PLAN.code("predictability"),
            above=PLAN.above,
        message:
            "predictability: properties that tell the classes of {wildcards.corpus}"
        script:
            "../scripts/predictability.py"


rule predictability_figure:
    input:
        ends="<results>/<corpus>/predictability.zarr.zip",
    output:
        folder=report(
            directory("<results>/<corpus>/predictability"),
            patterns=["{place}_{class_id}-{property}.png"],
            caption="../report/predictability_figure.rst",
            category="Data",
            labels={"what": "class {class_id}, {property}", "corpus": "{corpus}"},
        ),
    log:
        "<logs>/<corpus>/predictability_figure.log",
    benchmark:
        "<benchmarks>/<corpus>/predictability_figure.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 400 * attempt,
        runtime=30,
    params:
        stage="predictability_figure",
        settings=PLAN.settings("predictability_figure"),
        code=PLAN.code("predictability_figure"),
        above=PLAN.above,
    message:
        "predictability_figure: images of {wildcards.corpus} at both ends of properties"
    script:
        "../scripts/predictability_figure.py"


for chunk in PLAN.whole_corpora("properties"):

    rule:
        name:
            chunk.rule("duplicates")
        input:
            **made_of_all(chunk, images="corpus", properties="properties"),
        output:
            table=report(
                "<results>/<corpus>/duplicates.tsv",
                caption="../report/duplicates.rst",
                category="Data",
                labels={"what": "duplicates", "corpus": "{corpus}"},
            ),
        log:
            "<logs>/<corpus>/duplicates.log",
        benchmark:
            "<benchmarks>/<corpus>/duplicates.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 4000 * attempt,
            runtime=60,
        params:
            stage="duplicates",
            settings=lambda wildcards: PLAN.settings("duplicates", wildcards),
            code=PLAN.code("duplicates"),
            above=PLAN.above,
        message:
            "duplicates: images of {wildcards.corpus} that are there more than once"
        script:
            "../scripts/duplicates.py"


for chunk in PLAN.chunks("movement"):

    rule:
        name:
            chunk.rule("movement")
        input:
            **made(chunk, images="corpus"),
            givers=givers.images(PLAN, chunk),
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            movement=update(chunk.each("<results>/<model>/movement/{class_id}.zarr.zip")),
        log:
            f"<logs>/<model>/movement/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<model>/movement/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(3000),
            runtime=chunk.minutes(30, each=15),
        params:
            stage="movement",
            settings=PLAN.settings("movement"),
            code=PLAN.code("movement"),
            entries=givers.of_each(PLAN, chunk),
        message:
            f"movement: images of {chunk.description} changed, seen by {{wildcards.model}}"
        script:
            "../scripts/movement.py"


for chunk in PLAN.whole_corpora("attribution"):

    rule:
        name:
            chunk.rule("interventions")
        input:
            **made_of_all(chunk, movement="movement"),
        output:
            table="<results>/<model>/interventions.tsv",
        log:
            "<logs>/<model>/interventions.log",
        benchmark:
            "<benchmarks>/<model>/interventions.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 4000 * attempt,
            runtime=60,
        params:
            stage="interventions",
            settings=lambda wildcards: PLAN.settings("interventions", wildcards),
            code=PLAN.code("interventions"),
            above=PLAN.above,
        message:
            "interventions: what {wildcards.model} answers to in images of {wildcards.corpus}"
        script:
            "../scripts/interventions.py"


for chunk in PLAN.whole_corpora("attribution"):

    rule:
        name:
            chunk.rule("probes")
        input:
            **made_of_all(chunk, images="corpus", properties="properties"),
            predictability="<results>/<corpus>/predictability.tsv",
            interventions="<results>/<model>/interventions.tsv",
            record="<results>/<model>/model.zarr.zip",
        output:
            table=report(
                "<results>/<model>/probes.tsv",
                caption="../report/probes.rst",
                category="Findings",
                labels={
                    "what": "what covers a whole class",
                    "model": "{model}",
                    "corpus": "{corpus}",
                },
            ),
            examples="<results>/<model>/probes.zarr.zip",
        log:
            "<logs>/<model>/probes.log",
        benchmark:
            "<benchmarks>/<model>/probes.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=60,
        params:
            stage="probes",
            settings=lambda wildcards: PLAN.settings("probes", wildcards),
            code=PLAN.code("probes"),
            above=PLAN.above,
        message:
            "probes: what tells the classes of {wildcards.corpus}, and what moves {wildcards.model}"
        script:
            "../scripts/probes.py"


for chunk in PLAN.whole_corpora("attribution"):

    rule:
        name:
            chunk.rule("property_accuracy")
        input:
            **made_of_all(chunk, properties="properties"),
            attribution=PLAN.first_attributions,
            predictability="<results>/<corpus>/predictability.tsv",
        output:
            table="<results>/<model>/property_accuracy.tsv",
        log:
            "<logs>/<model>/property_accuracy.log",
        benchmark:
            "<benchmarks>/<model>/property_accuracy.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=30,
        params:
            stage="property_accuracy",
            settings=lambda wildcards: PLAN.settings("property_accuracy", wildcards),
            code=PLAN.code("property_accuracy"),
            above=PLAN.above,
        message:
            "property_accuracy: {wildcards.model} on images of {wildcards.corpus}, by their properties"
        script:
            "../scripts/property_accuracy.py"


rule probes_page:
    input:
        probes="<results>/<model>/probes.tsv",
        examples="<results>/<model>/probes.zarr.zip",
        predictability="<results>/<corpus>/predictability.tsv",
        interventions="<results>/<model>/interventions.tsv",
        overall="<results>/<corpus>/predictability_overall.tsv",
        duplicates="<results>/<corpus>/duplicates.tsv",
        accuracy="<results>/<model>/accuracy.tsv",
        property_accuracy="<results>/<model>/property_accuracy.tsv",
        ends="<results>/<corpus>/predictability.zarr.zip",
        record="<results>/<model>/model.zarr.zip",
        pictures="<results>/<corpus>/predictability",
    output:
        page=report(
            "<results>/<model>/probes.html",
            caption="../report/probes.rst",
            category="Findings",
            labels={
                "what": "what covers a whole class",
                "model": "{model}",
                "corpus": "{corpus}",
            },
        ),
        folder=report(
            directory("<results>/<model>/probes"),
            patterns=["{place}_{class_id}-{intervention}.png"],
            caption="../report/probes.rst",
            category="Findings",
            labels={"what": "class {class_id}, {intervention}", "model": "{model}"},
        ),
    log:
        "<logs>/<model>/probes_page.log",
    benchmark:
        "<benchmarks>/<model>/probes_page.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 500 * attempt,
        runtime=10,
    params:
        stage="probes_page",
        settings=PLAN.settings("probes_page"),
        code=PLAN.code("probes_page"),
        above=PLAN.above,
    message:
        "probes_page: what covers the classes of {wildcards.corpus}, in sentences and pictures"
    script:
        "../scripts/probes_page.py"
