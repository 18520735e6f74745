"""ranking: the global table of tau, as a file, a page and a figure."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import drawing, page, ranking, tables
    from unhans.ranking_figure import ranking_figure

    table = ranking.collect(job.input.separability, **job.settings, findings=job.input.findings)
    ranking.require_some(table)
    tables.write_tsv(table, job.output.table)
    tables.write_text(job.output.page, page.to_html(table, "Classes by tau", ranking.CAPTION))
    drawing.save(ranking_figure(table), job.output.figure)
