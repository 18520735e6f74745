"""correction: a network corrected of an accepted artefact by every method that is configured."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import prepared_artefact
    from unhans.artefacts.accepted import Accepted
    from unhans.correction import case, methods
    from unhans.correction.restoration import restorer
    from unhans.io import atomic, store, tsv
    from unhans.networks import weights
    from unhans.pipeline import machine

    given = dict(job.settings)
    accepted = Accepted(**given.pop("accepted"))
    settings = methods.Settings(**given)
    records = [store.read(path) for path in job.input.restoration[:1]]
    restore = restorer.given(records, job.input.restoration[1:])
    artefact = prepared_artefact.from_result(store.read(job.input.prepared_artefact))
    prepared = case.prepare(
        accepted,
        prepared_artefact.with_restore(artefact, restore),
        weights.load(store.read(job.input.record), job.input.weights),
        corpora=store.classes(job.input.corpus),
        root=machine.root(job.wildcards.corpus),
        classes=settings.classes,
        images=settings.images,
        seed=settings.seed,
    )
    corrector = methods.Corrector(prepared, settings)
    table, best = methods.tabulate(corrector)
    atomic.write_folder(job.output.network, methods.programs(corrector, best))
    tsv.write_tsv(table, job.output.table)
    job.say(methods.describe(table))
