"""findings_page: what was found in a corpus, in sentences and pictures."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.pipeline import machine
    from unhans.reporting import findings_page

    found = tsv.read_tsv(job.input.findings)
    said = findings_page.sentences(found, tsv.read_tsv(job.input.candidate_response))
    findings_page.draw(
        found,
        said,
        stages={stage: job.input[stage] for stage in ("corpus", "attribution", "group_search")},
        record=job.input.record,
        root=machine.root(job.wildcards.corpus),
        folder=job.output.folder,
    )
    job.say(findings_page.write(said, job.output.page))
