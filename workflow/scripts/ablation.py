"""ablation: how much a network responds when a planted artefact is inserted elsewhere."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import ablation, digits, model, store, tables

    made = digits.joined(store.read_all(job.input.images).values())
    network = model.load(job.input.record, job.input.weights)
    table = ablation.insertion_table(network.module, made, job.settings)
    tables.write_tsv(table, job.output.response)
    job.say(table.to_string(index=False))
