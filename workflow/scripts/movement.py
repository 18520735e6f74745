"""movement: changes of whole images of a class, and a network's answers to them."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.images.sampling import HeldOut
        from unhans.io import store
        from unhans.networks import weights
        from unhans.pipeline import job_files, machine
        from unhans.probes import class_movement, groups, interventions, relevance

        images, record = store.read(job.input.images), store.read(job.input.record)
        device = machine.attribution()["device"]
        network = weights.shared(record, job.input.weights, device)
        others = store.classes(job_files.paths_of([job.input.givers]))
        group, givers = groups.with_givers(
            job.class_id,
            {job.class_id: images, **others},
            machine.root(job.wildcards.corpus),
            network.transform,
            held_out=HeldOut.of(record.attributes),
            images=job.settings["images"],
            splits=job.settings["splits"],
            seed=job.settings["seed"],
        )
        group = relevance.with_heatmaps(
            *(group, record, job.input.weights),
            device=device,
            composite=job.settings["composite"],
            families=job.settings["families"],
        )
        notes = interventions.notes(
            group, network.transform, job.settings["families"], list(others)
        )
        moved = class_movement.measure_class(
            network.module,
            network.transform,
            group,
            givers,
            interventions.steps_of(notes),
            turn=group.output,
        )
        store.write(
            job.output.movement,
            moved.arrays(),
            job.recipe,
            inputs={
                "images": images,
                "model": record,
                **{f"giver_{name}": one for name, one in others.items()},
            },
            notes=notes,
        )
        job.say(interventions.describe_class(group, moved))
