"""figures: pictures of the classes that an analysis ranks highest."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.paths import parse_analysis
    from unhans.pipeline import machine
    from unhans.reporting import class_figures
    from unhans.reporting.explained import ExplainedClasses
    from unhans.reporting.figures import style

    stages = ("corpus", "attribution", "affinity", "embedding", "clustering", "projection")
    analysis, _ = parse_analysis(job.input.clustering[0])
    figures = class_figures.draw_top(
        tsv.read_tsv(job.input.table),
        analysis,
        ExplainedClasses(
            {stage: store.classes(job.input[stage]) for stage in stages},
            store.read(job.input.record),
            machine.root(job.wildcards.corpus),
        ),
        top=job.settings["top"],
        clusters=job.settings["clusters"],
        samples=job.settings["samples"],
    )
    style.save_all(figures, job.output.folder)
