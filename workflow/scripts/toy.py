"""toy: the method on points in the plane."""

from unhans.job import Job

with Job(snakemake, per_class=False) as job:
    from unhans import plotting, toy

    drawn = toy.toy(snakemake.params.settings["seed"])
    plotting.save(plotting.toy_figure(drawn), snakemake.output.figure)
