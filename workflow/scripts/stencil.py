"""stencil: an accepted artefact, ready to be put into images and to be taken out of them."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import findings, stencil, store, surroundings
    from unhans.transform import Transform

    transform = Transform.of(store.read_attributes(job.input.record).get("transform"))
    root = surroundings.root(job.wildcards.corpus)
    flagged = findings.groups(*job.input.findings)
    group = stencil.bearers(job.settings, vars(job.input), flagged, root, transform)
    made = stencil.make(job.settings, group, transform)
    store.write(
        job.output.stencil,
        stencil.arrays(made),
        job.recipe,
        inputs=stencil.origins(vars(job.input)),
        notes=stencil.notes(made),
    )
    job.say(stencil.in_words(made))
