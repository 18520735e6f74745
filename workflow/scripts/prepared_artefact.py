"""prepared_artefact: an accepted artefact, ready to be put into images and to be taken out of them."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import prepared_artefact
    from unhans.detection import findings
    from unhans.images.transform import Transform
    from unhans.io import store, tsv
    from unhans.pipeline import machine

    transform = Transform.of(store.read_attributes(job.input.record).get("transform"))
    root = machine.root(job.wildcards.corpus)
    flagged = findings.flagged_groups(*map(tsv.read_tsv, job.input.findings))
    group = prepared_artefact.bearers(job.settings, vars(job.input), flagged, root, transform)
    made = prepared_artefact.make(job.settings, group, transform)
    store.write(
        job.output.prepared_artefact,
        prepared_artefact.arrays(made),
        job.recipe,
        inputs=prepared_artefact.origins(vars(job.input)),
        notes=prepared_artefact.notes(made),
    )
    job.say(prepared_artefact.in_words(made))
