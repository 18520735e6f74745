"""distance: distances between the maps of one class."""

from unhans.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans import distance, store
        from unhans.parts import Parts

        source = store.read(job.input.maps, ["heatmap"])
        with Parts(job.output.distances, job.recipe, {"maps": source}) as parts:
            job.say(distance.measure(source["heatmap"], job.settings, parts))
