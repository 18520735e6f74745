"""distance: pairwise distances between the maps of one class."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import distance, store

    source = store.read(snakemake.input.maps, ["heatmap"])
    distances = distance.pairwise(source["heatmap"], snakemake.params.settings["metric"])
    distance.require_distinct(distances)
    store.write(
        snakemake.output.distances,
        {"distance": distances},
        job.recipe,
        inputs={"maps": source},
    )
