"""estimate: hours and gigabytes of the whole run, from one class of each corpus."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    import os

    from unhans.io import tsv
    from unhans.reporting import estimate

    measured = [estimate.read(one) for one in job.params.jobs]
    corpora = dict.fromkeys(one.corpus for one in measured)
    manifests = zip(corpora, job.input.manifests, strict=True)
    images = {corpus: estimate.images_of(tsv.read_tsv(path)) for corpus, path in manifests}
    found = estimate.table(measured, job.settings["classes"], images)
    tsv.write_tsv(found, job.output.table)
    job.say(estimate.describe(found, os.cpu_count() or 1))
