"""compensation: a network cured of an accepted artefact, in every way that is configured."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import compensation, model, stencil, store, surroundings, tables

    case = compensation.case(
        job.settings,
        store.by_class(job.input.corpus),
        stencil.read(job.input.stencil),
        model.load(job.input.record, job.input.weights),
        surroundings.root(job.wildcards.corpus),
    )
    table, best = compensation.tabulate(case)
    compensation.export(case, best, job.output.network)
    tables.write_tsv(table, job.output.table)
    job.say(compensation.in_words(table))
