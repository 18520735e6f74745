"""toy_figure: the toy example, step by step."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store
    from unhans.paper import toy, toy_figure
    from unhans.reporting.figures import style

    made = toy.Toy(**store.read(job.input.arrays).arrays)
    style.save(toy_figure.toy_figure(made), job.output.figure)
