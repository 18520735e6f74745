"""audit: how exact the neighbours of a metric are, checked on some images of a class."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.io import store
        from unhans.io.resumable import ResumableWriter
        from unhans.spray import audit, pairwise

        maps = store.read(job.input.maps, ["heatmap"])
        found = store.read(job.input.distances)
        distances = pairwise.stored(found.arrays, found.attributes["n"])
        sources = {"maps": maps, "distances": found}
        with ResumableWriter(job.output.audit, job.recipe, sources) as writer:
            job.say(audit.audit(maps["heatmap"], distances, writer, **job.settings))
