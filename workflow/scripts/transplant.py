"""transplant: pieces of the images of one class, put into images of other classes."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.artefacts import class_transplant
        from unhans.images.dataset import ClassDataset
        from unhans.io import store
        from unhans.pipeline import machine

        explained = store.read(job.input.heatmaps, ["heatmap", "image"])
        images, record = store.read(job.input.images), store.read(job.input.record)
        drawn = store.read(job.input.hosts)
        device = machine.attribution()["device"]
        tried = class_transplant.try_class(
            class_transplant.prepare(record, job.input.weights, drawn, device),
            ClassDataset(images, machine.root(job.wildcards.corpus)),
            explained,
            drawn,
            **job.settings,
        )
        store.write(
            job.output.transplant,
            {
                "rise": tried.found.rise,
                "probability": tried.found.probability,
                "margin": tried.found.margin,
                "corner": tried.found.corner,
                "row": tried.row,
                "host": tried.hosts,
            },
            job.recipe,
            inputs={"heatmaps": explained, "images": images, "model": record, "hosts": drawn},
            notes={"cut": tried.cut, "evidence": tried.evidence, "n": len(explained["heatmap"])},
        )
        job.say(class_transplant.describe(tried))
