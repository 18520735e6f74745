"""attribution: heatmaps of a class, and the network's answers for its images."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.attribution import class_attribution
        from unhans.images.dataset import ClassDataset
        from unhans.io import store
        from unhans.io.resumable import ResumableWriter
        from unhans.pipeline import machine

        settings = machine.attribution()
        images, record = store.read(job.input.images), store.read(job.input.record)
        explainer = class_attribution.prepare(
            record,
            job.input.weights,
            job.settings["composite"],
            job.settings["engine"],
            settings["device"],
        )
        sources = {"images": images, "model": record}
        with ResumableWriter(job.output.heatmaps, job.recipe, sources) as writer:
            summary = class_attribution.explain_class(
                explainer,
                ClassDataset(images, machine.root(job.wildcards.corpus)),
                writer,
                settings["batch_size"],
                settings["workers"],
            )
            job.say(summary)
