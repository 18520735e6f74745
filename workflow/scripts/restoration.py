"""restoration: a denoiser trained on the images of a corpus, as one of its networks is given them."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.correction.restoration import gathering, restorer, settings, training
    from unhans.images.transform import Transform
    from unhans.io import store, tsv
    from unhans.networks import weights
    from unhans.pipeline import machine

    asked = settings.of(job.settings)
    record, images = store.read(job.input.record), store.classes(job.input.images)
    gathered = gathering.gather(
        images,
        root=machine.root(job.wildcards.corpus),
        transform=Transform.of(record.attributes.get("transform")),
        images=job.settings["images"],
        leave_out=job.settings["leave_out"],
        seed=job.settings["seed"],
    )
    network, progress = training.train(
        gathered.training, asked.architecture(gathered.training), asked.making, asked.schedule
    )
    quality = restorer.measure(
        restorer.Restorer(network), gathered.held_out, asked.making, job.settings["seed"]
    )
    sha256 = weights.save_weights(network, job.output.weights)
    tsv.write_tsv(progress, job.output.training)
    tsv.write_tsv(quality, job.output.quality)
    store.write(
        job.output.record,
        {"sha256": weights.as_array(sha256)},
        job.recipe,
        inputs={**images, "model": record},
        notes=restorer.notes(network, sha256),
    )
    job.say(restorer.describe(quality))
