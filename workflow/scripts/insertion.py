"""insertion: what a flagged group's images share, put into images of other classes."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import findings, insertion, model, store, surroundings, tables

    flagged = findings.groups(job.input.findings)
    sources = insertion.Sources.of(
        corpus=job.input.corpus, attribution=job.input.attribution, contrast=job.input.contrast
    )
    table, artefacts = insertion.tabulate(
        flagged,
        sources,
        model.load(job.input.record, job.input.weights),
        surroundings.root(job.wildcards.corpus),
        job.settings,
    )
    tables.write_tsv(table, job.output.table)
    store.write(
        job.output.artefacts,
        artefacts,
        job.recipe,
        inputs=sources.origins(flagged),
        notes={"classes": list(flagged)},
    )
    job.say(table.to_string(index=False))
