"""accuracy: how often a network is right, by class and split, over the images explained."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.networks import accuracy

    table = accuracy.tabulate(job.input.images, job.input.attribution, job.settings)
    tsv.write_tsv(table, job.output.table)
    job.say(accuracy.in_words(table))
