"""feature_groups: whether neural features show what SpRAy's groups share."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.reporting import feature_groups

    table = feature_groups.tabulate(
        store.by_path(job.input.group_search),
        store.by_path(job.input.attribution),
        store.by_path(job.input.neurons),
    )
    tsv.write_tsv(table, job.output.table)
    job.say(feature_groups.describe(table))
