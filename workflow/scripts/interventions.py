"""interventions: what a network answers to, class against class."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.probes import interventions

    table = interventions.of_results(
        store.classes(job.input.movement),
        families=job.settings["families"],
        corpus=job.settings["corpus"],
        model=job.settings["model"],
        level=job.settings["level"],
        least=job.settings["least"],
    )
    tsv.write_tsv(table, job.output.table)
    job.say(interventions.describe(table))
