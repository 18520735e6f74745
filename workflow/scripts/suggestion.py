"""suggestion: isolated artefacts as rows to accept, and as pictures."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import findings, suggestion, surroundings, tables

    inserted = tables.read_tsv(job.input.insertion)
    wildcards = job.wildcards
    suggested = suggestion.rows(inserted, wildcards.corpus, wildcards.model, wildcards.composite)
    suggestion.draw(
        suggested,
        job.input.artefacts,
        findings.groups(job.input.findings),
        stages={stage: job.input[stage] for stage in ("corpus", "attribution", "contrast")},
        record=job.input.record,
        root=surroundings.root(wildcards.corpus),
        folder=job.output.folder,
    )
    tables.write_tsv(suggested, job.output.table)
    job.say(f"suggestion: {len(suggested)} to accept or reject")
