"""separability: the Fisher criterion of each clustering of one class, and tau."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        import numpy as np

        from unhans.io import store
        from unhans.spray import embedding, separability

        spectrum = store.read(job.input.spectrum, ["embedding", "eigenvalue"])
        clusterings = store.read(job.input.labels, ["k", "labels"])
        found = separability.separability(spectrum["embedding"], clusterings["labels"])
        store.write(
            job.output.separability,
            {"k": clusterings["k"], "fisher": found.fisher, "tau": np.array([found.tau])},
            job.recipe,
            inputs={"spectrum": spectrum, "clusterings": clusterings},
            notes={
                "n": len(spectrum["embedding"]),
                "components": embedding.components(spectrum["eigenvalue"]),
                "q_used": found.used.q,
                "k_used": found.used.k_max,
                "k_max": int(clusterings["k"].max()),
                "unbounded": found.unbounded,
            },
        )
