"""comparison: the analyses side by side, and against the truth where it is known."""

from unhans.job import Job

with Job(snakemake) as job:
    import pandas as pd

    from unhans import comparison, drawing, ranking, tables
    from unhans.correlation_figure import correlation_figure

    table = tables.read_tsv(job.input.table)
    found = comparison.best_clusters(job.input.clusterings, job.input.attributions)
    tables.write_tsv(comparison.compare(table, found), job.output.table)
    analyses, matrix = comparison.correlations(table)
    names = ranking.names_of(analyses)
    frame = pd.DataFrame(matrix, index=pd.Index(names, name="analysis"), columns=names)
    tables.write_tsv(frame.reset_index(), job.output.correlation)
    drawing.save(correlation_figure(names, matrix), job.output.figure)
