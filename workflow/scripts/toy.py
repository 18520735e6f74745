"""toy: the method on points in the plane."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import drawing, toy
    from unhans.toy_figure import toy_figure

    drawn = toy.toy(job.settings["seed"])
    drawing.save(toy_figure(drawn), job.output.figure)
