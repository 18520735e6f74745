"""Artefacts: put into images and taken out, and how the network responds. Detection reads what transplant makes."""


rule hosts:
    input:
        corpus=partial(inputs.hosts, PLAN),
        record="<results>/<model>/model.zarr.zip",
    output:
        hosts="<results>/<model>/hosts.zarr.zip",
    log:
        "<logs>/<model>/hosts.log",
    benchmark:
        "<benchmarks>/<model>/hosts.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 250 * attempt,
        runtime=10,
    params:
        stage="hosts",
        settings=PLAN.settings("hosts"),
        code=PLAN.code("hosts"),
        above=PLAN.above,
    message:
        "hosts: images of {wildcards.corpus} that pieces of others are put into"
    script:
        "../scripts/hosts.py"


for chunk in PLAN.chunks("transplant"):

    rule:
        name:
            chunk.rule("transplant")
        input:
            **made(chunk, heatmaps="attribution", images="corpus"),
            hosts="<results>/<model>/hosts.zarr.zip",
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            transplant=update(chunk.each("<results>/<composite>/transplant/{class_id}.zarr.zip")),
        log:
            f"<logs>/<composite>/transplant/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<composite>/transplant/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(3000, per_input=2),
            runtime=chunk.minutes(30, each=10),
        params:
            stage="transplant",
            settings=PLAN.settings("transplant"),
            code=PLAN.code("transplant"),
        message:
            f"transplant: pieces of images of {chunk.description}, put into images of other classes"
        script:
            "../scripts/transplant.py"


rule planted_response:
    input:
        images=PLAN.every_needed,
        record="<results>/<model>/model.zarr.zip",
        weights="<results>/<model>/weights.safetensors",
    output:
        response=report(
            "<results>/<model>/planted_response.tsv",
            caption="../report/planted_response.rst",
            category="Network",
            labels={"what": "response to insertion", "model": "{model}", "corpus": "{corpus}"},
        ),
    log:
        "<logs>/<model>/planted_response.log",
    benchmark:
        "<benchmarks>/<model>/planted_response.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=10,
    params:
        stage="planted_response",
        settings=lambda wildcards: PLAN.settings("planted_response", wildcards),
        code=PLAN.code("planted_response"),
        above=PLAN.above,
    message:
        "planted_response: response of {wildcards.model} to the artefacts of {wildcards.corpus}"
    script:
        "../scripts/planted_response.py"


for chunk in PLAN.whole_corpora("group_search"):

    rule:
        name:
            chunk.rule("candidate_response")
        input:
            **made_of_all(
                chunk, corpus="corpus", attribution="attribution", group_search="group_search"
            ),
            indicators="<results>/<composite>/findings_indicators.tsv",
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
        output:
            table="<results>/<composite>/candidate_response.tsv",
            artefacts="<results>/<composite>/artefacts.zarr.zip",
        log:
            "<logs>/<composite>/candidate_response.log",
        benchmark:
            "<benchmarks>/<composite>/candidate_response.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 6000 * attempt,
            runtime=60,
        params:
            stage="candidate_response",
            settings=PLAN.settings("candidate_response"),
            code=PLAN.code("candidate_response"),
            above=PLAN.above,
        message:
            "candidate_response: what the flagged groups of {wildcards.corpus} share, put into other images"
        script:
            "../scripts/candidate_response.py"


rule prepared_artefact:
    input:
        unpack(partial(inputs.evidence, PLAN)),
        record="<results>/<model>/model.zarr.zip",
        findings=partial(inputs.findings, PLAN),
        drawn=partial(inputs.pictures, PLAN),
    output:
        prepared_artefact="<results>/<composite>/prepared_artefact/{artefact}.zarr.zip",
    log:
        "<logs>/<composite>/prepared_artefact/{artefact}.log",
    benchmark:
        "<benchmarks>/<composite>/prepared_artefact/{artefact}.tsv"
    wildcard_constraints:
        artefact=one_of(inputs.artefacts(PLAN)),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
    params:
        stage="prepared_artefact",
        settings=lambda wildcards: PLAN.settings("prepared_artefact", wildcards),
        code=PLAN.code("prepared_artefact"),
        above=PLAN.above,
    message:
        "prepared_artefact: {wildcards.artefact}, ready to be put into images"
    script:
        "../scripts/prepared_artefact.py"


for chunk in PLAN.whole_corpora("group_search"):

    rule:
        name:
            chunk.rule("accepted_response")
        input:
            **made_of_all(chunk, corpus="corpus"),
            prepared_artefact="<results>/<composite>/prepared_artefact/{artefact}.zarr.zip",
            record="<results>/<model>/model.zarr.zip",
            weights="<results>/<model>/weights.safetensors",
            restoration=partial(inputs.restoration, PLAN),
        output:
            table="<results>/<composite>/accepted_response/{artefact}.tsv",
            samples="<results>/<composite>/accepted_response/{artefact}.zarr.zip",
        log:
            "<logs>/<composite>/accepted_response/{artefact}.log",
        benchmark:
            "<benchmarks>/<composite>/accepted_response/{artefact}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
            artefact=one_of(inputs.artefacts(PLAN)),
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 4000 * attempt,
            runtime=lambda wildcards, attempt: 60 * attempt,
        params:
            stage="accepted_response",
            settings=lambda wildcards: PLAN.settings("accepted_response", wildcards),
            code=PLAN.code("accepted_response"),
            above=PLAN.above,
        message:
            "accepted_response: {wildcards.artefact} put into images and taken out, seen by {wildcards.model}"
        script:
            "../scripts/accepted_response.py"


rule accepted_response_figure:
    input:
        samples="<results>/<composite>/accepted_response/{artefact}.zarr.zip",
    output:
        figure=report(
            "<results>/<composite>/accepted_response/{artefact}.png",
            caption="../report/accepted_response.rst",
            category="Correction",
            labels={"what": "response to {artefact}", "corpus": "{corpus}", "model": "{model}"},
        ),
    log:
        "<logs>/<composite>/accepted_response_figure/{artefact}.log",
    benchmark:
        "<benchmarks>/<composite>/accepted_response_figure/{artefact}.tsv"
    wildcard_constraints:
        artefact=one_of(inputs.artefacts(PLAN)),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 300 * attempt,
        runtime=10,
    params:
        stage="accepted_response_figure",
        settings=lambda wildcards: PLAN.settings("accepted_response_figure", wildcards),
        code=PLAN.code("accepted_response_figure"),
        above=PLAN.above,
    message:
        "accepted_response_figure: images with and without {wildcards.artefact}, drawn"
    script:
        "../scripts/accepted_response_figure.py"
