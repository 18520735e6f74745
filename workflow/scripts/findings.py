"""findings: which classes of a corpus stand out from the others, and by what."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.detection import findings
    from unhans.io import store, tsv

    table = findings.collect(store.classes(job.input.group_search), **job.settings)
    tsv.write_tsv(table, job.output.table)
    job.say(findings.describe(table))
