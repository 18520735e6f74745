"""clustering: k-means on one class's spectral embedding, for every k."""

from unhans.job import Job

with Job(snakemake) as job:
    import numpy as np

    from unhans import clustering, store

    settings = snakemake.params.settings
    source = store.read(snakemake.input.spectrum, ["embedding"])
    ks = range(settings["k_min"], settings["k_max"] + 1)
    options = {"ks": ks, "seed": settings["seed"], "n_init": settings["n_init"]}
    store.write(
        snakemake.output.labels,
        {
            "k": np.array(ks),
            "labels": clustering.kmeans(source["embedding"], **options),
            "nested": clustering.nested(source["embedding"], **options),
        },
        job.recipe,
        inputs={"spectrum": source},
    )
