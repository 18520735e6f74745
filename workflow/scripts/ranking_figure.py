"""ranking_figure: the ranking as a page and as a picture."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.reporting import network_checks, ranking_page
    from unhans.reporting.figures import ranking_figure, style

    table = tsv.read_tsv(job.input.table)
    records = {path: one.attributes for path, one in store.by_path(job.input.networks).items()}
    page = ranking_page.ranking_page(table, network_checks.describe(records))
    tsv.write_text(job.output.page, page)
    style.save(ranking_figure.ranking_figure(table), job.output.figure)
