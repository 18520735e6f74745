"""barycentre: four moved digits, averaged under three distances."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.images import digits
    from unhans.paper import barycentre
    from unhans.paper.barycentre_figure import barycentre_figure
    from unhans.reporting.figures import style

    told = job.settings
    made = digits.build(told["image"] + 1, validation=0.5, seed=0, planted=())
    image = made.of_class(told["digit"]).images[told["image"]]
    means = barycentre.barycentres(
        image, told["seed"], told["regularisation"], told["mass_fraction"]
    )
    style.save(barycentre_figure(means), job.output.figure)
