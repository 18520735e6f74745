"""contrast: images of one class whose relevance lies where that of the others does not."""

from unhans.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans import contrast, corpus, store, surroundings
        from unhans.transform import Transform

        explained = store.read(job.input.heatmaps, ["heatmap", "image"])
        images, record = store.read(job.input.images), store.read(job.input.record)
        pictures = corpus.Pictures(
            corpus.Members(images, surroundings.root(job.wildcards.corpus)),
            explained["image"],
            Transform.of(record.attributes.get("transform")),
        )
        contents, details = contrast.look(pictures, job.settings["cells"])
        store.write(
            job.output.contrast,
            contrast.arrays(explained["heatmap"], contents, job.settings, details),
            job.recipe,
            inputs={"heatmaps": explained, "images": images, "model": record},
            notes={"n": len(contents)},
        )
