"""clustering: k-means on one class's spectral embedding, for every k."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        import numpy as np

        from unhans.io import store
        from unhans.spray import clustering

        source = store.read(job.input.spectrum, ["embedding"])
        ks = clustering.numbers(
            len(source["embedding"]),
            job.settings["k_min"],
            job.settings["k_max"],
            job.settings.get("capped", False),
        )
        options = {"ks": ks, "seed": job.settings["seed"], "n_init": job.settings["n_init"]}
        store.write(
            job.output.labels,
            {
                "k": np.array(ks),
                "labels": clustering.kmeans(source["embedding"], **options),
                "nested": clustering.nested(source["embedding"], **options),
            },
            job.recipe,
            inputs={"spectrum": source},
        )
