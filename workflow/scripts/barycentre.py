"""barycentre: four moved digits, averaged under three distances."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import barycentre, digits, drawing
    from unhans.barycentre_figure import barycentre_figure

    told = job.settings
    made = digits.build(told["image"] + 1, validation=0.5, seed=0, planted=())
    image = made.of_class(told["digit"]).images[told["image"]]
    means = barycentre.barycentres(image, told["seed"], told["regularisation"], told["share"])
    drawing.save(barycentre_figure(means), job.output.figure)
