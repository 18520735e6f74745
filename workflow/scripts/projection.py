"""projection: one class's spectral embedding drawn in the plane."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.io import store
        from unhans.spray import projection

        source = store.read(job.input.spectrum, ["embedding"])
        points = projection.project(source["embedding"], **job.settings)
        store.write(
            job.output.points,
            points,
            job.recipe,
            inputs={"spectrum": source},
            notes={"methods": list(points)},
        )
