"""fine_tuning: a network with weights that exist, trained further on the photographs of a corpus."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.attribution import check
    from unhans.images import corpus
    from unhans.images.dataset import some_inputs
    from unhans.images.transform import Changes
    from unhans.io import store, tsv
    from unhans.networks import fine_tuning, inference, registry, training, weights
    from unhans.pipeline import machine, read_files

    settings, names = job.settings, job.params.names
    root, images = machine.root(job.wildcards.corpus), store.classes(job.input.images)
    network = registry.for_classes(
        settings["architecture"],
        weights=next(iter(job.input.weights), settings["weights"]),
        sha256=job.params.sha256,
        seed=settings["seed"],
        classes=len(names),
        transform=Changes(**settings["transform"]),
    )
    read = read_files.digests(network.read)
    record = fine_tuning.train(
        network,
        images,
        corpus.plantings(settings["planting"]),
        fine_tuning.FineTuning(**settings["fine_tuning"]),
        root=root,
        device=str(inference.device(machine.attribution()["device"])),
    )
    few = some_inputs(images, network.transform, root)
    report = check.check(network, job.wildcards.model, few)
    sha256 = weights.save_weights(network.module, job.output.weights)
    tsv.write_tsv(record, job.output.training)
    notes = weights.notes(network, settings["architecture"], sha256, names, report.notes())
    store.write(
        job.output.record,
        {"sha256": weights.as_array(sha256), **{name: record[name].to_numpy() for name in record}},
        job.recipe,
        inputs=images,
        notes={
            **notes,
            "fine_tuning": settings["fine_tuning"],
            "read": read_files.note(job.output.record, read),
        },
    )
    job.say(weights.describe(network, settings["architecture"]))
    job.say(training.describe(record))
    job.say(report.describe())
