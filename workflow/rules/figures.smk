for share in PLAN.wholes("attribution"):

    rule:
        name:
            share.rule("figures")
        input:
            **made_of_all(
                share,
                corpus="corpus",
                attribution="attribution",
                affinity="affinity",
                embedding="embedding",
                clustering="clustering",
                projection="projection",
            ),
            table="<results>/ranking.tsv",
            record="<results>/<model>/model.zarr.zip",
        output:
            folder=report(
                directory("<results>/<analysis>/figures"),
                patterns=["rank{rank}_{shows}_{class_id}.png"],
                caption="../report/class_figure.rst",
                category="Classes",
                subcategory="{corpus}, {model}, {composite}, {representation}, {metric}, knn {knn}, q {q}",
                labels={"class": "{class_id}", "rank": "{rank}", "shows": "{shows}"},
            ),
        log:
            "<logs>/<analysis>/figures.log",
        benchmark:
            "<benchmarks>/<analysis>/figures.tsv"
        wildcard_constraints:
            corpus=share.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=30,
        params:
            settings=PLAN.settings("figures", None),
            code=PLAN.code("figures"),
        message:
            "figures: the highest-ranked classes of {wildcards.representation}, {wildcards.metric}"
        script:
            "../scripts/figures.py"
