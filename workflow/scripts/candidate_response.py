"""candidate_response: what a flagged group's images share, put into images of other classes."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import candidate_response
    from unhans.detection import findings
    from unhans.io import store, tsv
    from unhans.networks import weights
    from unhans.pipeline import machine

    indicators = tsv.read_tsv(job.input.indicators)
    groups = findings.groups_to_test(indicators)
    sources = candidate_response.Sources(
        corpus=store.classes(job.input.corpus),
        attribution=store.classes(job.input.attribution),
        group_search=store.classes(job.input.group_search),
    )
    table, artefacts = candidate_response.tabulate(
        groups,
        sources,
        weights.shared(
            store.read(job.input.record), job.input.weights, machine.attribution()["device"]
        ),
        root=machine.root(job.wildcards.corpus),
        two_sided=findings.two_sided_groups(indicators),
        beside=findings.groups_beside(indicators),
        nearest=findings.groups_nearest(indicators),
        **job.settings,
    )
    tsv.write_tsv(table, job.output.table)
    store.write(
        job.output.artefacts,
        artefacts,
        job.recipe,
        inputs=sources.origins(class_id for class_id, _ in groups),
        notes={"groups": candidate_response.suggested(table)},
    )
    job.say(table.to_string(index=False))
