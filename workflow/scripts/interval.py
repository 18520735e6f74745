"""interval: tau of subsets of one class's images."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.io import store
        from unhans.spray import pairwise, resampling

        source = store.read(job.input.distances)
        distances = pairwise.stored(source.arrays, source.attributes["n"])
        store.write(
            job.output.interval,
            {"tau": resampling.taus_of_subsets(distances, **job.settings)},
            job.recipe,
            inputs={"distances": source},
            notes={"subset": resampling.subset_size(distances)},
        )
