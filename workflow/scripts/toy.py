"""toy: the method on points in the plane."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.paper import toy
    from unhans.paper.toy_figure import toy_figure
    from unhans.reporting.figures import style

    drawn = toy.toy(job.settings["seed"])
    style.save(toy_figure(drawn), job.output.figure)
