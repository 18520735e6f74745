"""accepted_response_figure: what the network looks at before and after, of some images."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store
    from unhans.reporting.figures import style
    from unhans.reporting.figures.response import response_figure

    style.save(response_figure(store.read(job.input.samples)), job.output.figure)
