"""insertion: what a flagged group's images share, put into images of other classes."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import findings, insertion, model, store, surroundings, tables

    table, artefacts = insertion.tabulate(
        findings.groups(job.input.findings),
        insertion.Sources.of(
            corpus=job.input.corpus,
            attribution=job.input.attribution,
            contrast=job.input.contrast,
        ),
        model.load(job.input.record, job.input.weights),
        surroundings.root(job.wildcards.corpus),
        job.settings,
    )
    tables.write_tsv(table, job.output.table)
    store.write(
        job.output.artefacts, artefacts, job.recipe, notes={"classes": table["class"].tolist()}
    )
    job.say(table.to_string(index=False))
