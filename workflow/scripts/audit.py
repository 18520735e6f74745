"""audit: how exact the neighbours of a metric are, checked on some images of a class."""

from unhans.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans import audit, distance, store
        from unhans.parts import Parts

        maps = store.read(job.input.maps, ["heatmap"])
        found = store.read(job.input.distances)
        distances = distance.stored(found.arrays, found.attributes["n"])
        sources = {"maps": maps, "distances": found}
        with Parts(job.output.audit, job.recipe, sources) as parts:
            job.say(audit.audit(maps["heatmap"], distances, job.settings, parts))
