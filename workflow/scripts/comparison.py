"""comparison: the analyses side by side, and against the truth where it is known."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    import pandas as pd

    from unhans.io import tsv
    from unhans.reporting import comparison, ranking
    from unhans.reporting.figures import style
    from unhans.reporting.figures.correlation import correlation_figure

    table = tsv.read_tsv(job.input.table)
    found = comparison.best_clusters(job.input.clusterings, job.input.attributions)
    tsv.write_tsv(comparison.compare(table, found), job.output.table)
    analyses, matrix = comparison.correlations(table)
    names = ranking.names_of(analyses)
    frame = pd.DataFrame(matrix, index=pd.Index(names, name="analysis"), columns=names)
    tsv.write_tsv(frame.reset_index(), job.output.correlation)
    style.save(correlation_figure(names, matrix), job.output.figure)
