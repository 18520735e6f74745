"""toy: the method on points in the plane."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store
    from unhans.paper import toy

    store.write(job.output.arrays, vars(toy.toy(**job.settings)), job.recipe)
