"""accuracy: how often a network is right, by class and split, over the images explained."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import accuracy, tables

    table = accuracy.tabulate(job.input.images, job.input.attribution, job.settings)
    tables.write_tsv(table, job.output.table)
    job.say(accuracy.in_words(table))
