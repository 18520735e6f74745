"""barycentre: four moved digits, averaged under three distances."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.images import digits
    from unhans.io import store
    from unhans.paper import barycentre

    settings = job.settings
    corpus = digits.build(settings["image"] + 1, validation=0.5, seed=0, planted=())
    made = barycentre.barycentres(
        corpus.of_class(settings["digit"]).images[settings["image"]],
        settings["seed"],
        settings["regularisation"],
        settings["mass_fraction"],
        settings["grid"],
    )
    store.write(job.output.arrays, vars(made), job.recipe)
