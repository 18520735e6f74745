"""comparison: the analyses side by side, and against the truth where it is known."""

from unhans.job import Job

with Job(snakemake, per_class=False) as job:
    import pandas as pd

    from unhans import comparison, plotting, ranking, tables

    table = tables.read_tsv(snakemake.input.table)
    found = comparison.best_clusters(snakemake.input.clusterings, snakemake.input.attributions)
    tables.write_tsv(comparison.compare(table, found), snakemake.output.table)
    analyses, matrix = comparison.correlations(table)
    names = ranking.names_of(analyses)
    frame = pd.DataFrame(matrix, index=pd.Index(names, name="analysis"), columns=names)
    tables.write_tsv(frame.reset_index(), snakemake.output.correlation)
    plotting.save(plotting.correlation_figure(names, matrix), snakemake.output.figure)
