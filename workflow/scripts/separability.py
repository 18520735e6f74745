"""separability: the Fisher criterion of each clustering of one class, and tau."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.io import store
        from unhans.spray import embedding, separability

        spectrum = store.read(job.input.spectrum, ["embedding", "eigenvalue"])
        clusterings = store.read(job.input.labels, ["k", "labels"])
        fisher = separability.fisher_per_clustering(spectrum["embedding"], clusterings["labels"])
        store.write(
            job.output.separability,
            {"k": clusterings["k"], "fisher": fisher, "tau": fisher.mean(keepdims=True)},
            job.recipe,
            inputs={"spectrum": spectrum, "clusterings": clusterings},
            notes={
                "n": len(spectrum["embedding"]),
                "components": embedding.components(spectrum["eigenvalue"]),
            },
        )
