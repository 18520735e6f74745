"""tau_null: tau of classes without structure, for the graphs and sizes of all classes."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.spray import structureless

    table = structureless.tabulate(
        store.by_path(job.input.separability), say=job.say, **job.settings
    )
    tsv.write_tsv(table, job.output.table)
