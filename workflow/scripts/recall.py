"""recall: the audits of all classes and metrics in one table."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.spray import recall

    found = recall.collect(job.input.audits, job.settings["names"])
    tsv.write_tsv(found, job.output.table)
    job.say(recall.summary(found))
