"""accuracy: how often a network is right, by class and split, over the images explained."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.networks import accuracy

    table = accuracy.tabulate(
        store.classes(job.input.images),
        store.classes(job.input.attribution),
        job.settings["corpus"],
        job.settings["model"],
    )
    tsv.write_tsv(table, job.output.table)
    job.say(accuracy.describe(table))
