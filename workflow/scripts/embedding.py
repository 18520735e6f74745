"""embedding: the smallest eigenpairs of one class's normalised Laplacian."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.io import store
        from unhans.spray import embedding, laplacian

        source = store.read(job.input.affinity, ["affinity"])
        eigenvalues, eigenvectors = embedding.spectral(
            laplacian.symmetric_normalized(source["affinity"]),
            job.settings["q"],
            job.settings["seed"],
        )
        store.write(
            job.output.spectrum,
            {"eigenvalue": eigenvalues, "embedding": eigenvectors},
            job.recipe,
            inputs={"affinity": source},
        )
