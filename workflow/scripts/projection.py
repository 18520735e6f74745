"""projection: one class's spectral embedding drawn in the plane."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import projection, store

    settings = snakemake.params.settings
    source = store.read(snakemake.input.spectrum, ["embedding"])
    points = projection.project(source["embedding"], **settings)
    store.write(
        snakemake.output.points,
        points,
        job.recipe,
        inputs={"spectrum": source},
        notes={"methods": list(points)},
    )
