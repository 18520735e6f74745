"""comparison_figure: rank correlations of the analyses as a picture."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.reporting.figures import correlation, style

    table = tsv.read_tsv(job.input.correlation, text=["analysis"])
    matrix = table.drop(columns="analysis").to_numpy(float)
    figure = correlation.correlation_figure(table["analysis"].tolist(), matrix)
    style.save(figure, job.output.figure)
