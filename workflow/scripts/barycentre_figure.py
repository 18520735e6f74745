"""barycentre_figure: the digits and their barycentres."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store
    from unhans.paper import barycentre, barycentre_figure
    from unhans.reporting.figures import style

    made = barycentre.Barycentres(**store.read(job.input.arrays).arrays)
    style.save(barycentre_figure.barycentre_figure(made), job.output.figure)
