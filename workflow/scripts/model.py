"""model: a network for photographs with weights that exist, kept with their hash."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.attribution import check
    from unhans.images.dataset import some_inputs
    from unhans.images.transform import Changes
    from unhans.io import store
    from unhans.networks import output_names, registry, weights
    from unhans.pipeline import machine, read_files

    settings, asked = job.settings, job.params.asked
    network = registry.load(
        settings["architecture"],
        weights=next(iter(job.input.weights), settings["weights"]),
        sha256=asked["sha256"],
        seed=settings["seed"],
        classes=len(asked["names"]),
        transform=Changes(**settings["transform"]),
    )
    read = read_files.digests(network.read)
    job.say(weights.describe(network, settings["architecture"]))
    names = output_names.fit(
        asked["names"], network.classes, asked["complete"], job.wildcards.corpus
    )
    images = store.classes(job.input.images)
    few = some_inputs(images, network.transform, machine.root(job.wildcards.corpus))
    report = check.check(network, job.wildcards.model, few)
    job.say(report.describe())
    sha256 = weights.save_weights(network.module, job.output.weights)
    notes = weights.notes(network, settings["architecture"], sha256, names, report.notes())
    store.write(
        job.output.record,
        {"sha256": weights.as_array(sha256)},
        job.recipe,
        notes={**notes, "asked": asked, "read": read_files.note(job.output.record, read)},
    )
