"""correction: a network cured of an accepted artefact, in every way that is configured."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import prepared_artefact
    from unhans.correction import methods
    from unhans.io import store, tsv
    from unhans.networks import weights
    from unhans.pipeline import machine

    case = methods.case(
        job.settings,
        store.by_class(job.input.corpus),
        prepared_artefact.from_result(store.read(job.input.prepared_artefact)),
        weights.load(store.read(job.input.record), job.input.weights),
        machine.root(job.wildcards.corpus),
    )
    table, best = methods.tabulate(case)
    methods.export(case, best, job.output.network)
    tsv.write_tsv(table, job.output.table)
    job.say(methods.in_words(table))
