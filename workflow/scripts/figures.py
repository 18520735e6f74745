"""figures: a picture of each of an analysis' highest-ranked classes."""

from unhans.job import Job

with Job(snakemake, per_class=False) as job:
    from unhans import figures

    figures.draw_top(
        table=snakemake.input.table,
        images=snakemake.input.images,
        stages={
            stage: snakemake.input[stage]
            for stage in ("attribution", "affinity", "embedding", "clustering", "projection")
        },
        folder=snakemake.output.folder,
        settings=snakemake.params.settings,
    )
