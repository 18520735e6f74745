"""duplicates: images of a corpus that are there more than once."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.probes import duplicates

    measured, images = store.classes(job.input.properties), store.classes(job.input.images)
    found = duplicates.find(measured, images, **job.settings)
    tsv.write_tsv(found, job.output.table)
    job.say(duplicates.describe(found))
