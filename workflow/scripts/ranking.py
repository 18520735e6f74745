"""ranking: the global table of tau, as a file, a page and a figure."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.reporting import html_table, ranking
    from unhans.reporting.figures import style
    from unhans.reporting.figures.ranking import ranking_figure

    table = ranking.collect(job.input.separability, **job.settings, findings=job.input.findings)
    ranking.require_some(table)
    tsv.write_tsv(table, job.output.table)
    tsv.write_text(job.output.page, html_table.to_html(table, "Classes by tau", ranking.CAPTION))
    style.save(ranking_figure(table), job.output.figure)
