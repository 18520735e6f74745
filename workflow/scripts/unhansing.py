"""unhansing: a network trained on with an accepted artefact in all images, and without, step by step."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import prepared_artefact
    from unhans.correction import methods, unhansing
    from unhans.io import store, tsv
    from unhans.networks import weights
    from unhans.pipeline import machine
    from unhans.reporting.figures import unhansing as unhansing_figure

    case = methods.case(
        job.settings,
        store.by_class(job.input.corpus),
        prepared_artefact.from_result(store.read(job.input.prepared_artefact)),
        weights.load(store.read(job.input.record), job.input.weights),
        machine.root(job.wildcards.corpus),
    )
    table, samples, looks = unhansing.tabulate(case, job.settings)
    names = store.read_attributes(job.input.record)["names"]
    unhansing_figure.draw(table, samples, looks, names, job.output.folder)
    tsv.write_tsv(table, job.output.table)
    job.say(unhansing.in_words(table))
