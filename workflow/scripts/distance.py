"""distance: distances between the maps of one class."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.io import store
        from unhans.io.resumable import ResumableWriter
        from unhans.spray import class_sample, pairwise

        source = store.read(job.input.maps, ["heatmap"])
        samples = store.opened({"others": job.input.others})
        options = job.settings | class_sample.of_others(samples, job.class_id)
        sources = {"maps": source, **samples}
        with ResumableWriter(job.output.distances, job.recipe, sources) as writer:
            job.say(pairwise.measure(source["heatmap"], writer, **options))
