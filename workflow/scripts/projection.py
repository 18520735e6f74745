"""projection: one class's spectral embedding drawn in the plane."""

from unhans.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans import projection, store

        source = store.read(job.input.spectrum, ["embedding"])
        points = projection.project(source["embedding"], **job.settings)
        store.write(
            job.output.points,
            points,
            job.recipe,
            inputs={"spectrum": source},
            notes={"methods": list(points)},
        )
