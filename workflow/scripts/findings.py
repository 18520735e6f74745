"""findings: which classes of a corpus stand out from the others, and by what."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.detection import findings, sentences
    from unhans.io import store, tsv

    found = findings.collect(store.classes(job.input.group_search), **job.settings)
    tsv.write_tsv(found.classes, job.output.table)
    tsv.write_tsv(found.indicators, job.output.indicators)
    job.say(sentences.describe(found.indicators))
