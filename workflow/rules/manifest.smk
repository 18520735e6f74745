for share in PLAN.wholes("corpus"):

    rule:
        name:
            share.rule("manifest")
        input:
            **images_of_all(share),
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
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 4000 * attempt,
            runtime=30,
        params:
            settings=lambda wildcards: PLAN.settings("manifest", wildcards),
            code=PLAN.code("manifest"),
        message:
            "manifest: every image of {wildcards.corpus}"
        script:
            "../scripts/manifest.py"
