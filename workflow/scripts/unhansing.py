"""unhansing: a network trained on with an accepted artefact in all images, and without, step by step."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import prepared_artefact
    from unhans.artefacts.accepted import Accepted
    from unhans.correction import case, snapshots, unhansing
    from unhans.correction.restoration import restorer
    from unhans.io import store, tsv
    from unhans.networks import weights
    from unhans.pipeline import machine

    given = dict(job.settings)
    accepted = Accepted(**given.pop("accepted"))
    settings = unhansing.Settings(**given)
    artefact, record = store.read(job.input.prepared_artefact), store.read(job.input.record)
    records = [store.read(path) for path in job.input.restoration[:1]]
    denoiser = dict(zip(["restoration"], records, strict=False))
    restore = restorer.given(records, job.input.restoration[1:])
    prepared = case.prepare(
        accepted,
        prepared_artefact.with_restore(prepared_artefact.from_result(artefact), restore),
        weights.load(record, job.input.weights),
        corpora=store.classes(job.input.corpus),
        root=machine.root(job.wildcards.corpus),
        classes=settings.classes,
        images=settings.images,
        seed=settings.seed,
    )
    table, samples, found = unhansing.tabulate(prepared, settings)
    tsv.write_tsv(table, job.output.table)
    store.write(
        job.output.samples,
        snapshots.arrays(samples, found),
        job.recipe,
        inputs={
            "prepared_artefact": artefact,
            "model": record,
            **dict(zip(["restoration"], records, strict=False)),
        },
        notes={**accepted.columns(), **snapshots.notes(samples, found)},
    )
    job.say(unhansing.describe(table))
