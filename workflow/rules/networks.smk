"""Networks: trained here or with weights that exist, and how accurate they are."""


rule training:
    input:
        images=PLAN.every_needed,
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
        model=one_of(network_inputs.networks(PLAN, "training")),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        stage="training",
        settings=lambda wildcards: PLAN.settings("training", wildcards),
        code=PLAN.code("training"),
        above=PLAN.above,
        names=lambda wildcards: PLAN.classes.output_names(wildcards.corpus),
    message:
        "training: {wildcards.model} on {wildcards.corpus}"
    script:
        "../scripts/training.py"


rule fine_tuning:
    input:
        weights=partial(network_inputs.weights, PLAN),
        images=PLAN.every_needed,
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
        "<logs>/<model>/fine_tuning.log",
    benchmark:
        "<benchmarks>/<model>/fine_tuning.tsv"
    wildcard_constraints:
        model=one_of(network_inputs.networks(PLAN, "fine_tuning")),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 6000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        stage="fine_tuning",
        settings=lambda wildcards: PLAN.settings("fine_tuning", wildcards),
        code=PLAN.code("fine_tuning"),
        above=PLAN.above,
        names=lambda wildcards: PLAN.classes.output_names(wildcards.corpus),
        # Checked, and part of no result: naming the hash of the same file changes nothing.
        sha256=lambda wildcards: network_inputs.asked(PLAN, wildcards)["sha256"],
        # Not read: another file is noticed, though it is older than the network.
        file=partial(network_inputs.weights_file, PLAN),
    message:
        "fine_tuning: {wildcards.model} on {wildcards.corpus}"
    script:
        "../scripts/fine_tuning.py"


rule model:
    input:
        weights=partial(network_inputs.weights, PLAN),
        # A few images are explained for the check. Other images make no other network.
        images=partial(network_inputs.some_images, PLAN),
    output:
        record="<results>/<model>/model.zarr.zip",
        weights="<results>/<model>/weights.safetensors",
    log:
        "<logs>/<model>/model.log",
    benchmark:
        "<benchmarks>/<model>/model.tsv"
    wildcard_constraints:
        model=one_of(network_inputs.networks(PLAN, "model")),
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=30,
    params:
        stage="model",
        settings=lambda wildcards: PLAN.settings("model", wildcards),
        code=PLAN.code("model"),
        # Checked, and part of no fingerprint: naming the hash of the same file changes nothing below.
        asked=partial(network_inputs.asked, PLAN),
    message:
        "model: {wildcards.model} and its weights"
    script:
        "../scripts/model.py"


for chunk in PLAN.whole_corpora("attribution"):

    rule:
        name:
            chunk.rule("accuracy")
        input:
            **made_of_all(chunk, images="corpus"),
            attribution=PLAN.first_attributions,
            record="<results>/<model>/model.zarr.zip",
        output:
            confusion="<results>/<model>/confusion.tsv",
            table=report(
                "<results>/<model>/accuracy.tsv",
                caption="../report/accuracy.rst",
                category="Network",
                labels={
                    "what": "accuracy by class and split",
                    "model": "{model}",
                    "corpus": "{corpus}",
                },
            ),
        log:
            "<logs>/<model>/accuracy.log",
        benchmark:
            "<benchmarks>/<model>/accuracy.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=30,
        params:
            stage="accuracy",
            settings=lambda wildcards: PLAN.settings("accuracy", wildcards),
            code=PLAN.code("accuracy"),
            above=PLAN.above,
        message:
            "accuracy: {wildcards.model} on the images of {wildcards.corpus} that are explained"
        script:
            "../scripts/accuracy.py"
