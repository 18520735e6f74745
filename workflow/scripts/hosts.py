"""hosts: a few images of all classes, to put pieces of other images into."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import hosts
    from unhans.images.transform import Transform
    from unhans.io import store
    from unhans.pipeline import machine

    record, corpora = store.read(job.input.record), store.classes(job.input.corpus)
    drawn = hosts.draw(
        corpora,
        machine.root(job.wildcards.corpus),
        Transform.of(record.attributes.get("transform")),
        **job.settings,
    )
    store.write(
        job.output.hosts,
        {"image": drawn.image, "target": drawn.target},
        job.recipe,
        inputs={"model": record, **corpora},
        notes={"origin": drawn.origin},
    )
    job.say(f"hosts: {len(drawn.target)} images")
