"""affinity: the symmetrised graph of nearest neighbours of one class."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import affinity, store

    source = store.read(snakemake.input.distances, ["distance"])
    graph = affinity.knn_affinity(source["distance"], snakemake.params.settings["knn"])
    store.write(
        snakemake.output.affinity,
        {"affinity": graph},
        job.recipe,
        inputs={"distances": source},
    )
