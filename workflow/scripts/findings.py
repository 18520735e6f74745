"""findings: which classes of a corpus stand out from the others, and by what."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import findings, tables

    table = findings.collect(job.input.contrast, **job.settings)
    tables.write_tsv(table, job.output.table)
    job.say(findings.closing_words(table))
