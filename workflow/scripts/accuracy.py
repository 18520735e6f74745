"""accuracy: how often a network is right, and what it takes the images of each class for."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.networks import accuracy
    from unhans.reporting import confusion

    images, attributions = store.classes(job.input.images), store.classes(job.input.attribution)
    names = store.read(job.input.record).attributes["names"]
    corpus, model = job.settings["corpus"], job.settings["model"]
    table = accuracy.tabulate(images, attributions, corpus, model)
    predicted = confusion.tabulate(images, attributions, names, corpus, model)
    tsv.write_tsv(table, job.output.table)
    tsv.write_tsv(predicted, job.output.confusion)
    job.say(accuracy.describe(table))
    job.say(confusion.describe(predicted))
