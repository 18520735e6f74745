"""affinity: the symmetrised graph of nearest neighbours of one class."""

from unhans.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans import affinity, distance, store

        source = store.read(job.input.distances)
        distances = distance.stored(source.arrays, source.attributes["n"])
        graph = affinity.knn_affinity(distances, job.settings["knn"])
        store.write(
            job.output.affinity,
            {"affinity": graph},
            job.recipe,
            inputs={"distances": source},
        )
