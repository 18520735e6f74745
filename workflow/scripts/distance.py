"""distance: distances between the maps of one class."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.io import store
        from unhans.io.resumable import ResumableWriter
        from unhans.spray import pairwise

        source = store.read(job.input.maps, ["heatmap"])
        with ResumableWriter(job.output.distances, job.recipe, {"maps": source}) as writer:
            job.say(pairwise.measure(source["heatmap"], writer, **job.settings))
