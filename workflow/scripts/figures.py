"""figures: a picture of each of an analysis' highest-ranked classes."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.pipeline import machine
    from unhans.reporting import class_figures

    class_figures.draw_top(
        table=job.input.table,
        record=job.input.record,
        root=machine.root(job.wildcards.corpus),
        stages={
            stage: job.input[stage]
            for stage in (
                "corpus",
                "attribution",
                "affinity",
                "embedding",
                "clustering",
                "projection",
            )
        },
        folder=job.output.folder,
        settings=job.settings,
    )
