"""paper: the paper's tables and figures that the configuration allows, on one page."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import atomic, tsv
    from unhans.paper import page

    atomic.copy(job.input.toy, job.output.figure02)
    atomic.copy(job.input.barycentre, job.output.figure03)
    tables = [tsv.read_tsv(path) for path in job.input.tables]
    found = [tsv.read_tsv(path) for path in job.input.missing]
    figures = page.with_reasons(job.settings["figures"], found)
    tsv.write_text(job.output.page, page.paper_page(tables, figures, job.settings["accepted"]))
    job.say(page.describe(figures))
