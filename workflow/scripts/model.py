"""model: a network trained on a corpus, its weights and its training record."""

from unhans.job import Job

with Job(snakemake, per_class=False) as job:
    from unhans import corpus, model, store, tables, training

    settings = snakemake.params.settings
    images = store.read(snakemake.input.images, ["image", "label", "validation"])
    classes = len(images.attributes["classes"])
    network = model.build(settings["architecture"], classes, settings["seed"])
    record = training.train(
        network,
        corpus.as_inputs(images["image"]),
        images["label"],
        images["validation"],
        settings,
    )
    sha256 = model.save_weights(network, snakemake.output.weights)
    tables.write_tsv(record, snakemake.output.training)
    store.write(
        snakemake.output.record,
        {column: record[column].to_numpy() for column in record},
        job.recipe,
        inputs={"images": images},
        notes={
            "architecture": settings["architecture"],
            "classes": classes,
            "sha256": sha256,
        },
    )
    final = record.iloc[-1]
    job.say(
        f"accuracy: {final['accuracy_train']:.1%} of training images, "
        f"{final['accuracy_validation']:.1%} of held-out images"
    )
