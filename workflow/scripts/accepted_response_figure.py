"""accepted_response_figure: what the network looks at before and after, of some images."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store
    from unhans.reporting.figures import response

    response.draw(store.read(job.input.samples), job.output.figure)
