"""training: a small network trained on the digits, its weights and its training record."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import digits, model, store, tables, training

    images = store.read_all(job.input.images)
    made = digits.joined(images.values())
    network = model.build(job.settings["architecture"], len(images), job.settings["seed"])
    record = training.train(
        network, digits.as_inputs(made.images), made.label, made.validation, job.settings
    )
    sha256 = model.save_weights(network, job.output.weights)
    tables.write_tsv(record, job.output.training)
    store.write(
        job.output.record,
        {"sha256": model.as_array(sha256), **{name: record[name].to_numpy() for name in record}},
        job.recipe,
        inputs=images,
        notes={
            "architecture": job.settings["architecture"],
            "classes": len(images),
            "names": job.params.names,
            "sha256": sha256,
        },
    )
    job.say(training.in_words(record))
