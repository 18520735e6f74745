"""corpus: the images of a class, each read once, and what is planted in them."""

from unhans.pipeline.job import each_class

# What lies in a folder is told by looking alone: a job with nothing missing was asked to look again.
for job in each_class(snakemake, renew=True):
    with job:
        from unhans.images import dataset
        from unhans.io import store
        from unhans.pipeline import machine

        made = dataset.make(
            entry=job.params.entries[job.class_id],
            settings=job.settings,
            root=machine.root(job.wildcards.corpus),
        )
        store.write(job.output.images, made.arrays, job.recipe, notes=made.notes)
        job.say(made.summary())
