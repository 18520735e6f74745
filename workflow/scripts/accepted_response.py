"""accepted_response: how the network responds to an accepted artefact, put in and taken out."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.artefacts import accepted_response, prepared_artefact
    from unhans.io import store, tsv
    from unhans.networks import weights
    from unhans.pipeline import machine
    from unhans.reporting.figures import response

    case = accepted_response.case(
        job.settings,
        store.by_class(job.input.corpus),
        prepared_artefact.read(job.input.prepared_artefact),
        weights.load(store.read(job.input.record), job.input.weights),
        machine.root(job.wildcards.corpus),
    )
    table, samples = accepted_response.measure(case)
    name = f"{job.wildcards.artefact} of class {job.settings['accepted']['class_id']}"
    response.draw(samples, name, job.output.figure)
    tsv.write_tsv(table, job.output.table)
    job.say(accepted_response.in_words(table))
