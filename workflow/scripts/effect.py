"""effect: an accepted artefact put into images and taken out of them, and how the network answers."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import effect, effect_figure, model, stencil, store, surroundings, tables

    case = effect.case(
        job.settings,
        store.by_class(job.input.corpus),
        stencil.read(job.input.stencil),
        model.load(job.input.record, job.input.weights),
        surroundings.root(job.wildcards.corpus),
    )
    table, samples = effect.measure(case)
    name = f"{job.wildcards.artefact} of class {job.settings['accepted']['class_id']}"
    effect_figure.draw(samples, name, job.output.figure)
    tables.write_tsv(table, job.output.table)
    job.say(effect.in_words(table))
