"""distance: pairwise distances between the maps of one class."""

from unhans.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans import distance, store

        source = store.read(job.input.maps, ["heatmap"])
        distances = distance.pairwise(source["heatmap"], job.settings["metric"])
        distance.require_distinct(distances)
        store.write(
            job.output.distances,
            {"distance": distances},
            job.recipe,
            inputs={"maps": source},
        )
