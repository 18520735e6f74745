"""preprocessing: heatmaps of one class in one representation."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.io import store
        from unhans.spray import preprocessing

        source = store.read(job.input.heatmaps, ["heatmap"])
        maps = preprocessing.represent(source["heatmap"], job.settings["steps"])
        store.write(
            job.output.maps,
            {"heatmap": maps},
            job.recipe,
            inputs={"heatmaps": source},
        )
