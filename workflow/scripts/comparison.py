"""comparison: the analyses side by side, and against the truth where it is known."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.reporting import comparison

    table = tsv.read_tsv(job.input.table)
    found = comparison.best_clusters(
        store.by_path(job.input.clusterings), store.by_path(job.input.attributions)
    )
    tsv.write_tsv(comparison.compare(table, found), job.output.table)
    tsv.write_tsv(comparison.correlation_table(table), job.output.correlation)
