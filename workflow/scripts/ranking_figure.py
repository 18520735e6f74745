"""ranking_figure: the ranking as a page and as a picture."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.reporting import ranking_page
    from unhans.reporting.figures import ranking_figure, style

    table = tsv.read_tsv(job.input.table)
    tsv.write_text(job.output.page, ranking_page.ranking_page(table))
    style.save(ranking_figure.ranking_figure(table), job.output.figure)
