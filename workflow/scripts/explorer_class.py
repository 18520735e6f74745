"""explorer_class: what the explorer shows of one class, as files that a page loads."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.images import attributes
        from unhans.io import store
        from unhans.pipeline import machine
        from unhans.reporting.explorer import class_data

        results = store.opened(vars(job.input))
        root = machine.root(job.wildcards.corpus)
        asked = job.settings.get("attributes")
        known = attributes.of_settings(asked, root, f"corpus.{job.wildcards.corpus}")
        shown = {"thumbnail": job.settings["thumbnail"], "attributes": known}
        made = class_data.collect(results, job.class_id, root=root, **shown)
        store.write(job.output.data, made.arrays, job.recipe, inputs=results, notes=made.notes)
