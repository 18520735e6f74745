"""affinity: the symmetrised graph of nearest neighbours of one class."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.io import store
        from unhans.spray import affinity, pairwise

        source = store.read(job.input.distances)
        distances = pairwise.stored(source.arrays, source.attributes["n"])
        graph = affinity.knn_affinity(distances, job.settings["knn"])
        store.write(
            job.output.affinity,
            {"affinity": graph},
            job.recipe,
            inputs={"distances": source},
        )
