"""sensitivity: noise where the features of a class are, what it changes, and labels of the features."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.features import answers, feature_maps, sensitivity, shown_images
        from unhans.features.pixels import Pixels
        from unhans.images.dataset import ClassDataset
        from unhans.io import store
        from unhans.networks import weights
        from unhans.pipeline import machine

        given = dict(job.settings)
        steps = given.pop("attack_steps")
        settings = sensitivity.Settings(**given)
        entry = job.params.entries[job.class_id]
        images, record = store.read(job.input.images), store.read(job.input.record)
        stored = store.read(job.input.neurons)
        network = weights.shared(record, job.input.weights, machine.attribution()["device"])
        dataset = ClassDataset(images, machine.root(job.wildcards.corpus))
        pixels = Pixels(dataset, network)
        layer = feature_maps.layer_of(pixels, settings.layer)
        maps = feature_maps.FeatureMaps(stored, pixels, layer)
        found = sensitivity.measure(maps, settings, entry["labels"])
        scores = sensitivity.score(maps, settings, found)
        at, changed = shown_images.attacks(stored, pixels, steps)
        store.write(
            job.output.sensitivity,
            {
                "table": sensitivity.as_array(found, scores),
                **{"attacked": at, "attack": changed},
                "spuriosity": shown_images.ranked(stored, found),
                **shown_images.shown_masks(maps),
            },
            job.recipe,
            inputs={"images": images, "model": record, "neurons": stored},
            notes={**entry, "layer": layer},
        )
        job.say(f"sensitivity: {maps}")
        job.say(sensitivity.describe(found, scores))
        job.say(answers.describe_unknown(entry["labels"], [row["feature"] for row in found]))
