"""accepted_response: how the network responds to an accepted artefact, put in and taken out."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import accepted_response, prepared_artefact
    from unhans.artefacts.accepted import Accepted
    from unhans.correction.restoration import restorer
    from unhans.io import store, tsv
    from unhans.networks import weights
    from unhans.pipeline import machine

    accepted = Accepted(**job.settings["accepted"])
    artefact = store.read(job.input.prepared_artefact)
    record = store.read(job.input.record)
    records = [store.read(path) for path in job.input.restoration[:1]]
    denoiser = dict(zip(["restoration"], records, strict=False))
    corpora = store.classes(job.input.corpus)
    restore = restorer.given(records, job.input.restoration[1:])
    case = accepted_response.prepare(
        accepted,
        prepared_artefact.with_restore(prepared_artefact.from_result(artefact), restore),
        weights.load(record, job.input.weights),
        corpora=corpora,
        root=machine.root(job.wildcards.corpus),
        images=job.settings["images"],
        seed=job.settings["seed"],
    )
    table, samples = accepted_response.measure(case, samples=job.settings["samples"])
    tsv.write_tsv(table, job.output.table)
    store.write(
        job.output.samples,
        samples.arrays(),
        job.recipe,
        inputs={
            "prepared_artefact": artefact,
            "model": record,
            **dict(zip(["restoration"], records, strict=False)),
        },
        notes={
            **accepted.columns(),
            "name": corpora[accepted.class_id].attributes["name"],
            "perturbations": samples.perturbations,
        },
    )
    job.say(accepted_response.describe(table))
