"""manifest: every image of a corpus, and how many were set aside for which reason."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.images import manifest
    from unhans.io import store, tsv

    table = manifest.gather(store.classes(job.input.images))
    summary = manifest.summarise(table)
    tsv.write_tsv(table, job.output.manifest)
    tsv.write_tsv(summary, job.output.summary)
    notes, exclude = job.settings["notes"], job.settings["exclude"]
    job.say(manifest.describe(job.wildcards.corpus, table, notes, exclude))
