"""Reporting: tables, pages and pictures for people."""


rule ranking:
    input:
        separability=targets.separabilities(PLAN),
        interval=targets.intervals(PLAN),
        null="<results>/tau_null.tsv",
        findings=targets.explained(PLAN, "findings.tsv"),
        confusions=targets.of_networks(PLAN, "confusion.tsv"),
        probes=targets.of_networks(PLAN, "probes.tsv"),
    output:
        table="<results>/ranking.tsv",
    log:
        "<logs>/ranking.log",
    benchmark:
        "<benchmarks>/ranking.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 600 * attempt,
        runtime=30,
    params:
        stage="ranking",
        settings=PLAN.settings("ranking"),
        code=PLAN.code("ranking"),
    message:
        "ranking: tau of every class and analysis"
    script:
        "../scripts/ranking.py"


rule ranking_figure:
    input:
        table="<results>/ranking.tsv",
        networks=targets.of_networks(PLAN, "model.zarr.zip"),
    output:
        page=report(
            "<results>/ranking.html",
            caption="../report/ranking.rst",
            category="Ranking",
            labels={"what": "tau of every class, sortable"},
        ),
        figure=report(
            "<results>/ranking.png",
            caption="../report/ranking_figure.rst",
            category="Ranking",
            labels={"what": "highest tau of each analysis"},
        ),
    log:
        "<logs>/ranking_figure.log",
    benchmark:
        "<benchmarks>/ranking_figure.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 600 * attempt,
        runtime=10,
    params:
        stage="ranking_figure",
        settings=PLAN.settings("ranking_figure"),
        code=PLAN.code("ranking_figure"),
        above=PLAN.above,
    message:
        "ranking_figure: the ranking as a page and a picture"
    script:
        "../scripts/ranking_figure.py"


rule comparison:
    input:
        table="<results>/ranking.tsv",
        clusterings=targets.planted_classes(PLAN, "clustering"),
        attributions=targets.planted_classes(PLAN, "attribution"),
    output:
        table=report(
            "<results>/comparison.tsv",
            caption="../report/comparison.rst",
            category="Comparison",
            labels={"what": "analyses side by side"},
        ),
        correlation=report(
            "<results>/correlation.tsv",
            caption="../report/correlation.rst",
            category="Comparison",
            labels={"what": "Spearman correlations of rankings"},
        ),
    log:
        "<logs>/comparison.log",
    benchmark:
        "<benchmarks>/comparison.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 450 * attempt,
        runtime=10,
    params:
        stage="comparison",
        settings=PLAN.settings("comparison"),
        code=PLAN.code("comparison"),
        above=PLAN.above,
    message:
        "comparison: the analyses side by side"
    script:
        "../scripts/comparison.py"


rule comparison_figure:
    input:
        correlation="<results>/correlation.tsv",
    output:
        figure=report(
            "<results>/correlation.png",
            caption="../report/correlation.rst",
            category="Comparison",
            labels={"what": "Spearman correlations, drawn"},
        ),
    log:
        "<logs>/comparison_figure.log",
    benchmark:
        "<benchmarks>/comparison_figure.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 350 * attempt,
        runtime=10,
    params:
        stage="comparison_figure",
        settings=PLAN.settings("comparison_figure"),
        code=PLAN.code("comparison_figure"),
    message:
        "comparison_figure: correlations of rankings, drawn"
    script:
        "../scripts/comparison_figure.py"


for chunk in PLAN.whole_corpora("attribution"):

    rule:
        name:
            chunk.rule("figures")
        input:
            **made_of_all(
                chunk,
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
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 1700 * attempt,
            runtime=30,
        params:
            stage="figures",
            settings=PLAN.settings("figures"),
            code=PLAN.code("figures"),
            above=PLAN.above,
        message:
            "figures: the highest-ranked classes of {wildcards.representation}, {wildcards.metric}"
        script:
            "../scripts/figures.py"


for chunk in PLAN.whole_corpora("group_search"):

    rule:
        name:
            chunk.rule("findings_page")
        input:
            **made_of_all(
                chunk, corpus="corpus", attribution="attribution", group_search="group_search"
            ),
            findings="<results>/<composite>/findings.tsv",
            indicators="<results>/<composite>/findings_indicators.tsv",
            candidate_response="<results>/<composite>/candidate_response.tsv",
            probes="<results>/<model>/probes.tsv",
            interventions="<results>/<model>/interventions.tsv",
            record="<results>/<model>/model.zarr.zip",
            sensitivity=partial(explored.of_network, PLAN, "sensitivity"),
            attributes=named_targets.group_attributes(PLAN),
        output:
            page=report(
                "<results>/<composite>/findings.html",
                caption="../report/findings.rst",
                category="Findings",
                labels={
                    "what": "findings in sentences",
                    "corpus": "{corpus}",
                    "model": "{model}",
                    "composite": "{composite}",
                },
            ),
            folder=report(
                directory("<results>/<composite>/findings"),
                patterns=["{place}_{class_id}-{indicator}.png"],
                caption="../report/findings.rst",
                category="Findings",
                labels={
                    "what": "class {class_id}, {indicator}",
                    "corpus": "{corpus}",
                    "model": "{model}",
                    "composite": "{composite}",
                },
            ),
        log:
            "<logs>/<composite>/findings_page.log",
        benchmark:
            "<benchmarks>/<composite>/findings_page.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 1600 * attempt,
            runtime=30,
        params:
            stage="findings_page",
            settings=PLAN.settings("findings_page"),
            code=PLAN.code("findings_page"),
            above=PLAN.above,
            shown=lambda wildcards: len(explored.of_network(PLAN, "sensitivity", wildcards)),
        message:
            "findings_page: what was found in {wildcards.corpus}, in sentences and pictures"
        script:
            "../scripts/findings_page.py"


for chunk in PLAN.whole_corpora("group_search"):

    rule:
        name:
            chunk.rule("suggestions")
        input:
            **made_of_all(
                chunk, corpus="corpus", attribution="attribution", group_search="group_search"
            ),
            candidate_response="<results>/<composite>/candidate_response.tsv",
            artefacts="<results>/<composite>/artefacts.zarr.zip",
            record="<results>/<model>/model.zarr.zip",
        output:
            table="<results>/<composite>/suggestions.tsv",
            folder=report(
                directory("<results>/<composite>/suggestions"),
                patterns=["{artefact}.png"],
                caption="../report/suggestions.rst",
                category="Findings",
                labels={
                    "what": "suggested {artefact}",
                    "corpus": "{corpus}",
                    "model": "{model}",
                    "composite": "{composite}",
                },
            ),
        log:
            "<logs>/<composite>/suggestions.log",
        benchmark:
            "<benchmarks>/<composite>/suggestions.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=30,
        params:
            stage="suggestions",
            settings=PLAN.settings("suggestions"),
            code=PLAN.code("suggestions"),
            above=PLAN.above,
        message:
            "suggestions: artefacts of {wildcards.corpus} to accept or reject"
        script:
            "../scripts/suggestions.py"


rule estimate:
    input:
        manifests=targets.of_corpora(PLAN, "manifest.tsv"),
        # Functions: they are asked for only where an estimate is, and not in each job of a sweep.
        measured=lambda _: estimates.measured(PLAN),
    output:
        table="<results>/estimate.tsv",
    log:
        "<logs>/estimate.log",
    benchmark:
        "<benchmarks>/estimate.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        stage="estimate",
        settings=PLAN.settings("estimate"),
        code=PLAN.code("estimate"),
        jobs=lambda _: estimates.jobs(PLAN),
        above=PLAN.above,
    message:
        "estimate: hours and gigabytes of the whole run, from one class of each corpus"
    script:
        "../scripts/estimate.py"


rule groups:
    input:
        ranking="<results>/ranking.tsv",
        indicators=targets.explained(PLAN, "findings_indicators.tsv"),
        responses=targets.explained(PLAN, "candidate_response.tsv"),
        corpus=targets.of_classes(PLAN, "corpus"),
        attribution=targets.of_classes(PLAN, "attribution"),
        group_search=targets.of_classes(PLAN, "group_search"),
        affinity=explored.of_drawn(PLAN, "affinity"),
        clustering=explored.of_drawn(PLAN, "clustering"),
        records=targets.of_networks(PLAN, "model.zarr.zip"),
    output:
        table="<results>/groups.tsv",
    log:
        "<logs>/groups.log",
    benchmark:
        "<benchmarks>/groups.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1500 * attempt,
        runtime=60,
    params:
        stage="groups",
        settings=PLAN.settings("groups"),
        code=PLAN.code("groups"),
        above=PLAN.above,
    message:
        "groups: the images of every group and cluster that stands out"
    script:
        "../scripts/groups.py"


rule group_attributes:
    input:
        groups="<results>/groups.tsv",
        manifests=targets.of_corpora(PLAN, "manifest.tsv"),
    output:
        table="<results>/group_attributes.tsv",
    log:
        "<logs>/group_attributes.log",
    benchmark:
        "<benchmarks>/group_attributes.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=30,
    params:
        stage="group_attributes",
        settings=PLAN.settings("group_attributes"),
        code=PLAN.code("group_attributes"),
    message:
        "group_attributes: what is known of images, beside the groups that stand out"
    script:
        "../scripts/group_attributes.py"


rule sheets:
    input:
        table="<results>/groups.tsv",
        corpus=targets.of_classes(PLAN, "corpus"),
        attribution=targets.of_classes(PLAN, "attribution"),
        records=targets.of_networks(PLAN, "model.zarr.zip"),
    output:
        folder=directory("<results>/sheets"),
    log:
        "<logs>/sheets.log",
    benchmark:
        "<benchmarks>/sheets.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=120,
    params:
        stage="sheets",
        settings=PLAN.settings("sheets"),
        code=PLAN.code("sheets"),
        above=PLAN.above,
    message:
        "sheets: contact sheets of every group and cluster that stands out"
    script:
        "../scripts/sheets.py"


for chunk in PLAN.chunks("explorer_class"):

    rule:
        name:
            chunk.rule("explorer_class")
        input:
            **made(chunk, corpus="corpus", attribution="attribution", group_search="group_search"),
            **of_every_analysis(chunk),
            record="<results>/<model>/model.zarr.zip",
        output:
            data=update(chunk.each("<results>/<composite>/explorer_class/{class_id}.zarr.zip")),
        log:
            f"<logs>/<composite>/explorer_class/{chunk.label}.log",
        benchmark:
            f"<benchmarks>/<composite>/explorer_class/{chunk.label}.tsv"
        wildcard_constraints:
            corpus=chunk.corpus,
        conda:
            "../../envs/unhans.yaml"
        threads: 1
        resources:
            mem_mb=chunk.memory(1000, per_input=5),
            runtime=chunk.minutes(10),
        params:
            stage="explorer_class",
            settings=lambda wildcards: PLAN.settings("explorer_class", wildcards),
            code=PLAN.code("explorer_class"),
            above=PLAN.above,
        message:
            f"explorer_class: {chunk.description} for the explorer"
        script:
            "../scripts/explorer_class.py"


rule explorer:
    input:
        **explored.shown(PLAN),
        ranking="<results>/ranking.tsv",
        classes=explored.classes(PLAN),
        findings=targets.explained(PLAN, "findings.tsv"),
        indicators=targets.explained(PLAN, "findings_indicators.tsv"),
        responses=targets.explained(PLAN, "candidate_response.tsv"),
        suggestions=targets.explained(PLAN, "suggestions.tsv"),
        artefacts=targets.explained(PLAN, "artefacts.zarr.zip"),
        accuracies=targets.of_networks(PLAN, "accuracy.tsv"),
        probes=targets.of_networks(PLAN, "probes.tsv"),
        interventions=targets.of_networks(PLAN, "interventions.tsv"),
    output:
        folder=directory("<results>/explorer"),
    log:
        "<logs>/explorer.log",
    benchmark:
        "<benchmarks>/explorer.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1400 * attempt,
        runtime=60,
    params:
        stage="explorer",
        settings=PLAN.settings("explorer"),
        code=PLAN.code("explorer"),
        above=PLAN.above,
        # What else there is to show: the profile has no trigger for inputs that come later.
        shown={name: len(paths) for name, paths in explored.shown(PLAN).items()},
    message:
        "explorer: the run as pages for a browser"
    script:
        "../scripts/explorer.py"


rule virelay:
    input:
        corpus=targets.of_classes(PLAN, "corpus"),
        attribution=targets.of_classes(PLAN, "attribution"),
        embedding=targets.of_classes(PLAN, "embedding"),
        clustering=targets.of_classes(PLAN, "clustering"),
        projection=targets.of_classes(PLAN, "projection"),
        records=targets.of_networks(PLAN, "model.zarr.zip"),
    output:
        folder=directory("<results>/virelay"),
    log:
        "<logs>/virelay.log",
    benchmark:
        "<benchmarks>/virelay.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=240,
    params:
        stage="virelay",
        settings=PLAN.settings("virelay"),
        code=PLAN.code("virelay"),
        above=PLAN.above,
    message:
        "virelay: the run as projects for ViRelAy"
    script:
        "../scripts/virelay.py"


rule issues:
    input:
        manifests=targets.of_corpora(PLAN, "manifest.tsv"),
        attribution=targets.of_classes(PLAN, "attribution"),
        group_search=targets.of_classes(PLAN, "group_search"),
        indicators=targets.explained(PLAN, "findings_indicators.tsv"),
        responses=targets.explained(PLAN, "candidate_response.tsv"),
    output:
        table="<results>/issues.tsv",
    log:
        "<logs>/issues.log",
    benchmark:
        "<benchmarks>/issues.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
    params:
        stage="issues",
        settings=PLAN.settings("issues"),
        code=PLAN.code("issues"),
        above=PLAN.above,
    message:
        "issues: images that bear what a flagged group shares"
    script:
        "../scripts/issues.py"


rule croissant:
    input:
        manifests=targets.of_corpora(PLAN, "manifest.tsv"),
    output:
        descriptions=targets.of_corpora(PLAN, "croissant.json"),
    log:
        "<logs>/croissant.log",
    benchmark:
        "<benchmarks>/croissant.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=10,
    params:
        stage="croissant",
        settings=PLAN.settings("croissant"),
        code=PLAN.code("croissant"),
    message:
        "croissant: each corpus in the metadata format of MLCommons"
    script:
        "../scripts/croissant.py"


rule fiftyone:
    input:
        corpus=targets.of_classes(PLAN, "corpus"),
        attribution=targets.of_classes(PLAN, "attribution"),
        records=targets.of_networks(PLAN, "model.zarr.zip"),
        issues="<results>/issues.tsv",
    output:
        folder=directory("<results>/fiftyone"),
    log:
        "<logs>/fiftyone.log",
    benchmark:
        "<benchmarks>/fiftyone.tsv"
    conda:
        "../../envs/unhans.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=240,
    params:
        stage="fiftyone",
        settings=PLAN.settings("fiftyone"),
        code=PLAN.code("fiftyone"),
        above=PLAN.above,
    message:
        "fiftyone: the run as datasets for FiftyOne"
    script:
        "../scripts/fiftyone.py"
