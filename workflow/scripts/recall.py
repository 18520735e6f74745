"""recall: the audits of all classes and metrics in one table."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import recall, tables

    found = recall.collect(job.input.audits, job.settings["names"])
    tables.write_tsv(found, job.output.table)
    job.say(recall.summary(found))
