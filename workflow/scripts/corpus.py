"""corpus: the images of a class, each read once, and the artefacts planted in them."""

from unhans.pipeline.job import each_class

# No fingerprint covers the image folder. If all outputs exist, the user asked to read it again.
for job in each_class(snakemake, renew=True):
    with job:
        from unhans.images import corpus
        from unhans.images.class_index import Entry
        from unhans.io import store
        from unhans.pipeline import machine

        made = corpus.make(
            Entry(job.class_id, **job.params.entries[job.class_id]),
            corpus.settings_of(**{**job.settings, "table": job.params.table}),
            machine.root(job.wildcards.corpus),
        )
        store.write(job.output.images, made.arrays, made.recipe(job.recipe), notes=made.notes)
        job.say(made.summary())
