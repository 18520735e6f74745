"""predictability: which properties of images tell a class, and how well all of them together do."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.pipeline import machine
    from unhans.probes import ends, overall, predictability

    gathered = predictability.gather(store.classes(job.input.properties))
    settings = predictability.Settings(**job.settings)
    table = predictability.tabulate(gathered, job.wildcards.corpus, settings)
    together = overall.tabulate(gathered, job.wildcards.corpus, settings)
    images, root = store.classes(job.input.images), machine.root(job.wildcards.corpus)
    drawn = ends.draw(table, gathered, images, root, settings)
    tsv.write_tsv(table, job.output.table)
    tsv.write_tsv(together, job.output.overall)
    store.write(
        job.output.ends,
        {"picture": drawn.picture, "edges": drawn.edges, "share": drawn.share},
        job.recipe,
        inputs=store.classes(job.input.properties),
        notes={"rows": drawn.rows},
    )
    job.say(predictability.describe(table, gathered))
    job.say(overall.describe(together))
