"""ranking: the global table of tau."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.reporting import ranking

    table = ranking.collect(
        store.by_path(job.input.separability),
        ranking.Settings(**job.settings),
        ranking.Beside(
            findings={path: tsv.read_tsv(path) for path in job.input.findings},
            probes={path: tsv.read_tsv(path) for path in job.input.probes},
            confusions={path: tsv.read_tsv(path) for path in job.input.confusions},
            subsets=store.by_path(job.input.interval),
            null=tsv.read_tsv(job.input.null),
        ),
    )
    ranking.require_some(table)
    tsv.write_tsv(table, job.output.table)
