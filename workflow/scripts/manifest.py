"""manifest: every image of a corpus, and how many were set aside for which reason."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.images import attributes, manifest
    from unhans.io import store, tsv
    from unhans.pipeline import machine

    key = f"corpus.{job.wildcards.corpus}"
    asked = job.settings.get("attributes")
    known = attributes.of_settings(asked, machine.root(job.wildcards.corpus), key)
    table = manifest.gather(store.classes(job.input.images), known)
    summary = manifest.summarise(table)
    tsv.write_tsv(table, job.output.manifest)
    tsv.write_tsv(summary, job.output.summary)
    lacking = known.require_some(list(table["path"]), f"{key}.attributes")
    notes, exclude = [*job.settings["notes"], *filter(None, [lacking])], job.settings["exclude"]
    job.say(manifest.describe(job.wildcards.corpus, table, notes, exclude))
