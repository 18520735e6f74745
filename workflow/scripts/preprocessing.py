"""preprocessing: heatmaps of one class in one representation."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import preprocessing, store

    source = store.read(snakemake.input.heatmaps, ["heatmap"])
    maps = preprocessing.represent(source["heatmap"], snakemake.params.settings["steps"])
    store.write(
        snakemake.output.maps,
        {"heatmap": maps},
        job.recipe,
        inputs={"heatmaps": source},
    )
