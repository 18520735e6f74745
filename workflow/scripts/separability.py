"""separability: the Fisher criterion of each clustering of one class, and tau."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import separability, store

    spectrum = store.read(snakemake.input.spectrum, ["embedding"])
    clusterings = store.read(snakemake.input.labels, ["k", "labels"])
    fisher = separability.fisher_per_clustering(spectrum["embedding"], clusterings["labels"])
    store.write(
        snakemake.output.separability,
        {"k": clusterings["k"], "fisher": fisher, "tau": fisher.mean(keepdims=True)},
        job.recipe,
        inputs={"spectrum": spectrum, "clusterings": clusterings},
        notes={"n": len(spectrum["embedding"])},
    )
