"""unhansing: a network trained on with an accepted artefact in all images, and without, step by step."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import (
        compensation,
        findings,
        insertion,
        model,
        store,
        surroundings,
        tables,
        unhansing,
        unhansing_figure,
    )

    case = compensation.case(
        job.settings,
        insertion.Sources.of(
            corpus=job.input.corpus, attribution=job.input.attribution, contrast=job.input.contrast
        ),
        findings.groups(job.input.findings),
        job.input.artefacts,
        model.load(job.input.record, job.input.weights),
        surroundings.root(job.wildcards.corpus),
    )
    table, samples, looks = unhansing.tabulate(case, job.settings)
    names = store.read_attributes(job.input.record)["names"]
    unhansing_figure.draw(table, samples, looks, names, job.output.folder)
    tables.write_tsv(table, job.output.table)
    job.say(unhansing.in_words(table))
