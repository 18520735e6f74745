"""ranking: the global table of tau, as a file, a page and a figure."""

from unhans.job import Job

with Job(snakemake, per_class=False) as job:
    from unhans import page, plotting, ranking, tables

    settings = snakemake.params.settings
    table = ranking.collect(snakemake.input, settings["lineage"], settings["planted"])
    ranking.require_some(table)
    tables.write_tsv(table, snakemake.output.table)
    tables.write_text(snakemake.output.page, page.to_html(table, "Classes by tau", ranking.CAPTION))
    plotting.save(plotting.ranking_figure(table), snakemake.output.figure)
