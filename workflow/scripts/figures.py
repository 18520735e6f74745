"""figures: a picture of each of an analysis' highest-ranked classes."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import figures, surroundings

    figures.draw_top(
        table=job.input.table,
        record=job.input.record,
        root=surroundings.root(job.wildcards.corpus),
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
