"""paper_clusters: classes in the plane and their clusters (figures 4, 5, 6 and 8 of the paper)."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.paper import clusters_figure, notice
    from unhans.paths import Analysis
    from unhans.pipeline import machine
    from unhans.reporting.explained import ExplainedClasses
    from unhans.reporting.figures import composition, style

    stages = ("corpus", "attribution", "affinity", "clustering", "projection")
    settings = job.settings
    analysis = Analysis(**settings["analysis"])
    classes = ExplainedClasses(
        {stage: store.classes(job.input[stage]) for stage in stages},
        store.read(job.input.record),
        machine.root(analysis.corpus),
    )
    drawn, missing = notice.drawn_or_missing(
        settings["number"],
        clusters_figure.draw,
        settings["number"],
        tsv.read_tsv(job.input.table),
        analysis,
        classes,
        named=settings["named"],
        clusters=settings["clusters"],
        samples=settings["samples"],
    )
    style.save_pixels(composition.stacked(drawn.values()), job.output.figure)
    tsv.write_tsv(missing, job.output.missing)
    job.say(notice.describe(settings["number"], drawn, missing))
