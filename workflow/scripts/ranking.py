"""ranking: the global table of tau."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.reporting import ranking

    table = ranking.collect(job.input.separability, **job.settings, findings=job.input.findings)
    ranking.require_some(table)
    tsv.write_tsv(table, job.output.table)
