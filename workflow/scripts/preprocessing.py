"""preprocessing: heatmaps, or a hidden layer, of one class in one representation."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.io import store
        from unhans.spray import preprocessing

        source = store.opened({"heatmaps": job.input.heatmaps})["heatmaps"]
        layers = [layer["name"] for layer in source.attributes.get("layers", [])]
        maps = preprocessing.represent_stored(source.arrays, layers, job.settings["steps"])
        store.write(
            job.output.maps,
            {"heatmap": maps},
            job.recipe,
            inputs={"heatmaps": source},
        )
