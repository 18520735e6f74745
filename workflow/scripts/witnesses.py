"""witnesses: which looks at a class say that its network may use an artefact, and how they agree."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.reporting import witnesses

    table = witnesses.tabulate(
        tsv.read_tsv(job.input.ranking),
        {path: tsv.read_tsv(path) for path in job.input.indicators},
        tsv.read_tsv(job.input.salient),
    )
    tsv.write_tsv(table, job.output.table)
    tsv.write_tsv(witnesses.agreement(table), job.output.agreement)
    job.say(witnesses.describe(table))
