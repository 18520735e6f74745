"""interventions: changes of whole images, and how a network answers to them."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.images.sampling import HeldOut
    from unhans.io import store, tsv
    from unhans.networks import inference, weights
    from unhans.pipeline import machine
    from unhans.probes import groups, interventions

    record = store.read(job.input.record)
    network = weights.load(record, job.input.weights)
    device = inference.device(machine.attribution()["device"])
    asked = groups.of_corpus(
        store.classes(job.input.images),
        machine.root(job.wildcards.corpus),
        network.transform,
        held_out=HeldOut.of(record.attributes),
        images=job.settings["images"],
        seed=job.settings["seed"],
    )
    table = interventions.tabulate(
        network.module.to(device),
        network.transform,
        asked,
        corpus=job.settings["corpus"],
        model=job.settings["model"],
        families=job.settings["families"],
        level=job.settings["level"],
        least=job.settings["least"],
        workers=snakemake.threads,
    )
    tsv.write_tsv(table, job.output.table)
    job.say(interventions.describe(table))
