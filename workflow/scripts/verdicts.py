"""verdicts: what was found in a corpus, in sentences and pictures."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import surroundings, tables, verdicts

    found = tables.read_tsv(job.input.findings)
    said = verdicts.sentences(found, tables.read_tsv(job.input.insertion))
    verdicts.draw(
        found,
        said,
        stages={stage: job.input[stage] for stage in ("corpus", "attribution", "contrast")},
        record=job.input.record,
        root=surroundings.root(job.wildcards.corpus),
        folder=job.output.folder,
    )
    job.say(verdicts.write(said, job.output.page))
