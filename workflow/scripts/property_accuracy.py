"""property_accuracy: how often a network is right, by the properties that tell a class."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.probes import property_accuracy
    from unhans.probes.properties import PROPERTIES

    answered = property_accuracy.gather(
        store.classes(job.input.properties), store.classes(job.input.attribution)
    )
    table = property_accuracy.tabulate(
        answered,
        list(PROPERTIES),
        tsv.read_tsv(job.input.predictability),
        corpus=job.settings["corpus"],
        model=job.settings["model"],
    )
    tsv.write_tsv(table, job.output.table)
    job.say(property_accuracy.describe(table))
