"""probes: what tells a whole class in the data, joined with what moves the network."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.images.sampling import HeldOut
    from unhans.images.transform import Transform
    from unhans.io import store, tsv
    from unhans.pipeline import machine
    from unhans.probes import changed_properties, effects, examples, groups, sentences, shortcuts

    telling, moved = tsv.read_tsv(job.input.predictability), tsv.read_tsv(job.input.interventions)
    record = store.read(job.input.record)
    images = store.classes(job.input.images)
    asked = groups.of_corpus(
        images,
        machine.root(job.wildcards.corpus),
        Transform.of(record.attributes.get("transform")),
        held_out=HeldOut.of(record.attributes),
        images=job.settings["images"],
        splits=job.settings["splits"],
        seed=job.settings["seed"],
    )
    measured = store.classes(job.input.properties)
    telling = changed_properties.add(telling, measured, asked)
    acting = effects.tabulate(telling, moved, asked, seed=job.settings["seed"])
    table = shortcuts.join(telling, moved, acting)
    tsv.write_tsv(table, job.output.table)
    shown = examples.draw(table, asked)
    store.write(
        job.output.examples,
        {"picture": shown.picture},
        job.recipe,
        inputs=images,
        notes={"rows": shown.rows},
    )
    job.say(sentences.describe(table, telling, moved))
