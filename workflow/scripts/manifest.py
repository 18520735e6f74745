"""manifest: every image of a corpus, and how many were set aside for which reason."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import manifest, tables

    table = manifest.gather(job.input.images)
    summary = manifest.summarise(table)
    tables.write_tsv(table, job.output.manifest)
    tables.write_tsv(summary, job.output.summary)
    job.say(manifest.in_words(job.wildcards.corpus, table))
