"""ablation: how much a network responds when a planted artefact is inserted elsewhere."""

from unhans.job import Job

with Job(snakemake, per_class=False) as job:
    from unhans import ablation, model, store, tables

    settings = snakemake.params.settings
    images = store.read(snakemake.input.images)
    network = model.load_trained(snakemake.input.record, snakemake.input.weights)
    table = ablation.insertion_table(network, images, settings)
    tables.write_tsv(table, snakemake.output.response)
    job.say(table.to_string(index=False))
