"""contrast: images of one class whose relevance lies where that of the others does not."""

from unhans.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans import contrast, store

        source = store.read(job.input.heatmaps, ["heatmap"])
        arrays = contrast.arrays(source["heatmap"], job.settings)
        store.write(
            job.output.contrast,
            arrays,
            job.recipe,
            inputs={"heatmaps": source},
            notes={"n": len(source["heatmap"])},
        )
