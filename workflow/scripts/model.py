"""model: a network for photographs with weights that exist, kept with their hash."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.images.transform import Changes
    from unhans.io import store
    from unhans.networks import output_names, registry, weights

    settings = job.settings
    network = registry.load(
        settings["architecture"],
        weights=next(iter(job.input.weights), settings["weights"]),
        sha256=job.params.sha256,
        seed=settings["seed"],
        classes=len(job.params.names),
        transform=Changes(**settings["transform"]),
    )
    names = output_names.fit(
        job.params.names, network.classes, job.params.complete, job.wildcards.corpus
    )
    sha256 = weights.save_weights(network.module, job.output.weights)
    store.write(
        job.output.record,
        {"sha256": weights.as_array(sha256)},
        job.recipe,
        notes=weights.notes(network, settings["architecture"], sha256, names),
    )
    job.say(weights.describe(network, settings["architecture"]))
