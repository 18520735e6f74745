"""prepared_artefact: an accepted artefact, ready to be put into images and to be taken out of them."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import prepared_artefact
    from unhans.artefacts.accepted import Accepted
    from unhans.detection import findings
    from unhans.images.transform import Transform
    from unhans.io import store, tsv
    from unhans.pipeline import machine

    results = store.opened(vars(job.input))
    accepted = Accepted(**job.settings["accepted"])
    given = {
        "transform": Transform.of(results["record"].attributes.get("transform")),
        "seed": job.settings["seed"],
    }
    root = machine.root(job.wildcards.corpus)
    group = prepared_artefact.find_group(
        accepted,
        results,
        findings.groups_to_test(*map(tsv.read_tsv, job.input.findings)),
        root=root,
        **given,
    )
    prepared = prepared_artefact.prepare(
        accepted,
        group,
        index=job.settings["index"],
        showing=prepared_artefact.find_showing(
            accepted, results, root=root, seed=job.settings["seed"]
        ),
        **given,
    )
    store.write(
        job.output.prepared_artefact,
        prepared_artefact.arrays(prepared),
        job.recipe,
        inputs=results,
        notes=prepared_artefact.notes(prepared),
    )
    job.say(prepared_artefact.describe(prepared))
