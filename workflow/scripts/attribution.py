"""attribution: heatmaps of a class, and the network's answers for its images."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.attribution import class_attribution
        from unhans.images.dataset import ClassDataset
        from unhans.io import store
        from unhans.pipeline import machine

        settings = machine.attribution()
        images, record = store.read(job.input.images), store.read(job.input.record)
        dataset = ClassDataset(images, machine.root(job.wildcards.corpus))
        explainer = class_attribution.prepare(
            record,
            job.input.weights,
            dataset,
            device=settings["device"],
            activations="activations" in job.also,
            **(job.settings | job.also.get("concepts", {})),
        )
        with job.writers({"images": images, "model": record}) as writers:
            summary = class_attribution.explain_class(
                explainer,
                dataset,
                writers,
                settings["batch_size"],
                settings["workers"],
            )
            job.say(summary)
