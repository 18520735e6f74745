"""neurons: the neurons and components that a class rests on, from one pass over its images."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.features import class_activations, class_features
        from unhans.images.dataset import ClassDataset
        from unhans.images.sampling import HeldOut
        from unhans.io import store
        from unhans.networks import weights
        from unhans.pipeline import machine

        settings = machine.attribution()
        images, record = store.read(job.input.images), store.read(job.input.record)
        network = weights.shared(record, job.input.weights, settings["device"])
        dataset = ClassDataset(images, machine.root(job.wildcards.corpus))
        kept = store.opened({"activations": job.input.activations})
        seen, ending = class_activations.of_class(
            network, dataset, HeldOut.of(record.attributes), settings["workers"], kept
        )
        found = class_features.features(seen, ending, dataset.index, **job.settings)
        store.write(
            job.output.neurons,
            class_features.arrays(seen, found, ending, dataset.index),
            job.recipe,
            inputs={"images": images, "model": record, **kept},
            notes={
                "last_map": ending.last_map,
                "linear": ending.linear,
                "rest": found.rest,
                "logit_rest": found.logit_rest,
            },
        )
        job.say(class_features.describe(found))
