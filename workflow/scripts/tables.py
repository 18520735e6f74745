"""tables: what was measured of each accepted artefact, side by side."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import tables

    table = tables.joined(job.input.compensations, "compensation.artefacts")
    tables.write_tsv(table, job.output.compensation)
    job.say(table.to_string(index=False))
