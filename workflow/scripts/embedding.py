"""embedding: the smallest eigenpairs of one class's normalised Laplacian."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import embedding, laplacian, store

    settings = snakemake.params.settings
    source = store.read(snakemake.input.affinity, ["affinity"])
    eigenvalues, eigenvectors = embedding.spectral(
        laplacian.symmetric_normalized(source["affinity"]), settings["q"], settings["seed"]
    )
    store.write(
        snakemake.output.spectrum,
        {"eigenvalue": eigenvalues, "embedding": eigenvectors},
        job.recipe,
        inputs={"affinity": source},
    )
