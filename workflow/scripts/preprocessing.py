"""preprocessing: heatmaps of one class in one representation."""

from unhans.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans import preprocessing, store

        source = store.read(job.input.heatmaps, ["heatmap"])
        maps = preprocessing.represent(source["heatmap"], job.settings["steps"])
        store.write(
            job.output.maps,
            {"heatmap": maps},
            job.recipe,
            inputs={"heatmaps": source},
        )
