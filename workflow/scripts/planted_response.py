"""planted_response: how much a network responds when a planted artefact is inserted elsewhere."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import planted_response
    from unhans.images import corpus
    from unhans.images.sampling import HeldOut
    from unhans.io import store, tsv
    from unhans.networks import weights
    from unhans.pipeline import machine

    record = store.read(job.input.record)
    table = planted_response.tabulate(
        weights.shared(record, job.input.weights, machine.attribution()["device"]),
        store.classes(job.input.images),
        corpus.plantings(job.settings["planting"]),
        root=machine.root(job.wildcards.corpus),
        held_out=HeldOut.of(record.attributes),
        most=job.settings["images"],
        seed=job.settings["seed"],
    )
    tsv.write_tsv(table, job.output.response)
    job.say(table.to_string(index=False))
