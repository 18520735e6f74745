"""unhansing: a network trained on with an accepted artefact in all images, and without, step by step."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import (
        compensation,
        model,
        stencil,
        store,
        surroundings,
        tables,
        unhansing,
        unhansing_figure,
    )

    case = compensation.case(
        job.settings,
        store.by_class(job.input.corpus),
        stencil.read(job.input.stencil),
        model.load(job.input.record, job.input.weights),
        surroundings.root(job.wildcards.corpus),
    )
    table, samples, looks = unhansing.tabulate(case, job.settings)
    names = store.read_attributes(job.input.record)["names"]
    unhansing_figure.draw(table, samples, looks, names, job.output.folder)
    tables.write_tsv(table, job.output.table)
    job.say(unhansing.in_words(table))
