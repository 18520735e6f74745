"""group_search: images of one class whose relevance lies where that of the others does not."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.detection import group_search
        from unhans.images import dataset
        from unhans.images.transform import Transform
        from unhans.io import store
        from unhans.pipeline import machine

        explained = store.read(job.input.heatmaps, ["heatmap", "image"])
        images, record = store.read(job.input.images), store.read(job.input.record)
        pictures = dataset.DisplayImages(
            dataset.ClassDataset(images, machine.root(job.wildcards.corpus)),
            explained["image"],
            Transform.of(record.attributes.get("transform")),
        )
        contents, details = group_search.look(pictures, job.settings["bins"])
        store.write(
            job.output.group_search,
            group_search.arrays(explained["heatmap"], contents, details, **job.settings),
            job.recipe,
            inputs={"heatmaps": explained, "images": images, "model": record},
            notes={"n": len(contents)},
        )
