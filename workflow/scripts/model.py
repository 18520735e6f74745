"""model: a network for photographs with weights that exist, kept with their hash."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import model, network, store

    settings = job.settings
    loaded = network.load(
        settings["architecture"],
        weights=next(iter(job.input.weights), settings["weights"]),
        sha256=job.params.sha256,
        seed=settings["seed"],
        classes=settings["classes"],
    )
    sha256 = model.save_weights(loaded.module, job.output.weights)
    store.write(
        job.output.record,
        {"sha256": model.as_array(sha256)},
        job.recipe,
        notes=model.notes(loaded, settings, sha256, job.params.names),
    )
