"""training: a small network trained on the digits, its weights and its training record."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.attribution import check
    from unhans.images import digits
    from unhans.io import store, tsv
    from unhans.networks import small, training, weights

    settings = job.settings
    images = store.read_all(job.input.images)
    made = digits.joined(images.values())
    network = small.build(settings["architecture"], len(images), settings["seed"])
    record = training.train(
        network,
        digits.as_inputs(made.images),
        made.label,
        made.validation,
        training.Schedule(
            epochs=settings["epochs"],
            batch_size=settings["batch_size"],
            learning_rate=settings["learning_rate"],
            seed=settings["seed"],
        ),
    )
    few = digits.as_inputs(made.images[: check.REAL])
    report = check.check(weights.of_small(network, len(images)), job.wildcards.model, few)
    sha256 = weights.save_weights(network, job.output.weights)
    tsv.write_tsv(record, job.output.training)
    store.write(
        job.output.record,
        {"sha256": weights.as_array(sha256), **{name: record[name].to_numpy() for name in record}},
        job.recipe,
        inputs=images,
        notes={
            "architecture": settings["architecture"],
            "classes": len(images),
            "names": job.params.names,
            "sha256": sha256,
            "check": report.notes(),
        },
    )
    job.say(training.describe(record))
    job.say(report.describe())
