"""planted_response: how much a network responds when a planted artefact is inserted elsewhere."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import planted_response
    from unhans.images import corpus, digits
    from unhans.io import store, tsv
    from unhans.networks import weights

    network = weights.load(store.read(job.input.record), job.input.weights)
    table = planted_response.tabulate(
        network.module,
        digits.joined(store.read_all(job.input.images).values()),
        corpus.plantings(job.settings["planting"]),
        images=job.settings["images"],
        seed=job.settings["seed"],
    )
    tsv.write_tsv(table, job.output.response)
    job.say(table.to_string(index=False))
