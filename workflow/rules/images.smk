"""Images: what lies in the folders of a corpus, read once."""

for chunk in PLAN.chunks("corpus"):

    rule:
        name:
            chunk.rule("corpus")
        output:
            images=update(chunk.each("<results>/<corpus>/corpus/{class_id}.zarr.zip")),
        log:
            f"<logs>/<corpus>/corpus/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<corpus>/corpus/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(2000),
            runtime=chunk.minutes(30, each=5),
        params:
            stage="corpus",
            settings=lambda wildcards: PLAN.settings("corpus", wildcards),
            code=PLAN.code("corpus"),
            entries=PLAN.entries_of(chunk),
            # Its rows are part of the entries; under another name it changes no image.
            table=partial(inputs.table, PLAN),
        message:
            f"corpus: images of {chunk.description} of {{wildcards.corpus}}"
        script:
            "../scripts/corpus.py"


for chunk in PLAN.whole_corpora("corpus"):

    rule:
        name:
            chunk.rule("manifest")
        input:
            **images_of_all(chunk),
        output:
            manifest="<results>/<corpus>/manifest.tsv",
            summary=report(
                "<results>/<corpus>/set_aside.tsv",
                caption="../report/set_aside.rst",
                category="Images",
                labels={"what": "images read and set aside", "corpus": "{corpus}"},
            ),
        log:
            "<logs>/<corpus>/manifest.log",
        benchmark:
            "<benchmarks>/<corpus>/manifest.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 4000 * attempt,
            runtime=30,
        params:
            stage="manifest",
            settings=lambda wildcards: PLAN.settings("manifest", wildcards),
            code=PLAN.code("manifest"),
            above=PLAN.above,
        message:
            "manifest: every image of {wildcards.corpus}"
        script:
            "../scripts/manifest.py"
