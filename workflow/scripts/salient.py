"""salient: features of all classes and networks in one table, with core and spurious accuracy."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.features import salient
    from unhans.io import store, tsv

    table = salient.tabulate(store.by_path(job.input.sensitivity), job.settings["names"])
    tsv.write_tsv(table, job.output.table)
    job.say(salient.describe(table))
