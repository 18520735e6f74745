"""properties: numbers of each file and image of a class, which no network is asked for."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.images.dataset import ClassDataset
        from unhans.io import store
        from unhans.pipeline import machine
        from unhans.probes import properties

        images = store.read(job.input.images)
        dataset = ClassDataset(images, machine.root(job.wildcards.corpus))
        measured = properties.measure_class(dataset, **job.settings)
        store.write(
            job.output.properties,
            properties.arrays(measured, dataset),
            job.recipe,
            inputs={"images": images},
            notes={"columns": list(properties.PROPERTIES), "splits": dataset.splits},
        )
        job.say(properties.describe(job.class_id, measured))
