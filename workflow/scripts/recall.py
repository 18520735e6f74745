"""recall: the audits of all classes and metrics in one table."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.spray import recall

    audits = {path: store.read_attributes(path) for path in job.input.audits}
    found = recall.collect(audits, job.settings["names"])
    tsv.write_tsv(found, job.output.table)
    job.say(recall.summary(found))
