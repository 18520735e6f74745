"""attribution: heatmaps of a class, and what the network said of its images."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.attribution import explainer as attribution
        from unhans.images import dataset
        from unhans.io import store
        from unhans.io.resumable import ResumableWriter
        from unhans.pipeline import machine as surroundings

        machine = surroundings.attribution()
        images, record = store.read(job.input.images), store.read(job.input.record)
        members = dataset.ClassDataset(images, surroundings.root(job.wildcards.corpus))
        explainer = attribution.prepare(
            job.input.record,
            job.input.weights,
            job.settings["composite"],
            job.settings["engine"],
            machine["device"],
        )
        with ResumableWriter(
            job.output.heatmaps, job.recipe, {"images": images, "model": record}
        ) as parts:
            job.say(attribution.explain_class(explainer, members, parts, machine))
