"""Correction: denoisers of images, and networks corrected of accepted artefacts."""


rule restoration:
    input:
        images=PLAN.every_needed,
        record="<results>/<model>/model.zarr.zip",
    output:
        record="<results>/<model>/restoration/model.zarr.zip",
        weights="<results>/<model>/restoration/weights.safetensors",
        training="<results>/<model>/restoration/training.tsv",
        quality="<results>/<model>/restoration/quality.tsv",
    log:
        "<logs>/<model>/restoration.log",
    benchmark:
        "<benchmarks>/<model>/restoration.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        stage="restoration",
        settings=lambda wildcards: PLAN.settings("restoration", wildcards),
        code=PLAN.code("restoration"),
        above=PLAN.above,
    message:
        "restoration: a denoiser of the images of {wildcards.corpus} as {wildcards.model} is given them"
    script:
        "../scripts/restoration.py"


for chunk in PLAN.whole_corpora("group_search"):

    rule:
        name:
            chunk.rule("correction")
        input:
            **made_of_all(chunk, corpus="corpus"),
            prepared_artefact="<results>/<composite>/prepared_artefact/{artefact}.zarr.zip",
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
            restoration=partial(inputs.restoration, PLAN),
        output:
            table="<results>/<composite>/correction/{artefact}.tsv",
            network=directory("<results>/<composite>/correction/{artefact}"),
        log:
            "<logs>/<composite>/correction/{artefact}.log",
        benchmark:
            "<benchmarks>/<composite>/correction/{artefact}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
            artefact=one_of(inputs.artefacts(PLAN)),
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 8000 * attempt,
            runtime=lambda wildcards, attempt: 240 * attempt,
        params:
            stage="correction",
            settings=lambda wildcards: PLAN.settings("correction", wildcards),
            code=PLAN.code("correction"),
            above=PLAN.above,
        message:
            "correction: {wildcards.model} corrected of {wildcards.artefact}"
        script:
            "../scripts/correction.py"


for chunk in PLAN.whole_corpora("group_search"):

    rule:
        name:
            chunk.rule("unhansing")
        input:
            **made_of_all(chunk, corpus="corpus"),
            prepared_artefact="<results>/<composite>/prepared_artefact/{artefact}.zarr.zip",
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
            restoration=partial(inputs.restoration, PLAN),
        output:
            table="<results>/<composite>/unhansing/{artefact}.tsv",
            samples="<results>/<composite>/unhansing/{artefact}.zarr.zip",
        log:
            "<logs>/<composite>/unhansing/{artefact}.log",
        benchmark:
            "<benchmarks>/<composite>/unhansing/{artefact}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
            artefact=one_of(inputs.artefacts(PLAN)),
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 8000 * attempt,
            runtime=lambda wildcards, attempt: 480 * attempt,
        params:
            stage="unhansing",
            settings=lambda wildcards: PLAN.settings("unhansing", wildcards),
            code=PLAN.code("unhansing"),
            above=PLAN.above,
        message:
            "unhansing: {wildcards.model} trained on with {wildcards.artefact} in all images"
        script:
            "../scripts/unhansing.py"


rule unhansing_figure:
    input:
        table="<results>/<composite>/unhansing/{artefact}.tsv",
        samples="<results>/<composite>/unhansing/{artefact}.zarr.zip",
        record="<results>/<model>/model.zarr.zip",
    output:
        folder=report(
            directory("<results>/<composite>/unhansing/{artefact}"),
            patterns=["{shows}.png"],
            caption="../report/unhansing.rst",
            category="Correction",
            labels={
                "what": "un-Hansing of {artefact}: {shows}",
                "corpus": "{corpus}",
                "model": "{model}",
                "composite": "{composite}",
            },
        ),
    log:
        "<logs>/<composite>/unhansing_figure/{artefact}.log",
    benchmark:
        "<benchmarks>/<composite>/unhansing_figure/{artefact}.tsv"
    wildcard_constraints:
        artefact=one_of(inputs.artefacts(PLAN)),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 400 * attempt,
        runtime=10,
    params:
        stage="unhansing_figure",
        settings=lambda wildcards: PLAN.settings("unhansing_figure", wildcards),
        code=PLAN.code("unhansing_figure"),
        above=PLAN.above,
    message:
        "unhansing_figure: {wildcards.model} trained on with {wildcards.artefact}, drawn"
    script:
        "../scripts/unhansing_figure.py"
