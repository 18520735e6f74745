"""probes_page: what was found of whole classes, in sentences and pictures."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.reporting import probes_page
    from unhans.reporting.figures import style

    telling, moved = tsv.read_tsv(job.input.predictability), tsv.read_tsv(job.input.interventions)
    described = probes_page.rows(tsv.read_tsv(job.input.probes))
    style.save_all(probes_page.draw(described, moved), job.output.folder)
    tsv.write_text(job.output.page, probes_page.to_html(described, telling, moved))
    job.say(f"probes_page: {len(described)} rows, see {job.output.page}")
