"""suggestions: isolated artefacts as rows to accept, and as pictures."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.detection import findings
    from unhans.io import tsv
    from unhans.pipeline import machine
    from unhans.reporting import suggestions

    inserted = tsv.read_tsv(job.input.candidate_response)
    wildcards = job.wildcards
    suggested = suggestions.rows(inserted, wildcards.corpus, wildcards.model, wildcards.composite)
    suggestions.draw(
        suggested,
        job.input.artefacts,
        findings.flagged_groups(tsv.read_tsv(job.input.findings)),
        stages={stage: job.input[stage] for stage in ("corpus", "attribution", "group_search")},
        record=job.input.record,
        root=machine.root(wildcards.corpus),
        folder=job.output.folder,
    )
    tsv.write_tsv(suggested, job.output.table)
    job.say(f"suggestions: {len(suggested)} to accept or reject")
