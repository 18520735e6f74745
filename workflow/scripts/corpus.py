"""corpus: images, what is planted in them, and their manifest."""

from unhans.job import Job

with Job(snakemake, per_class=False) as job:
    from unhans import corpus, store, tables

    settings = snakemake.params.settings
    built = corpus.build(
        per_class=settings["per_class"],
        validation=settings["validation"],
        seed=settings["seed"],
        planted=settings["planting"],
    )
    store.write(
        snakemake.output.images, built.arrays(), job.recipe, notes={"classes": list(built.classes)}
    )
    tables.write_tsv(corpus.manifest(built, settings["planting"]), snakemake.output.manifest)
