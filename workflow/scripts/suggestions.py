"""suggestions: isolated artefacts as rows to accept, and as pictures."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.pipeline import machine
    from unhans.reporting import suggestions
    from unhans.reporting.explained import ExplainedClasses
    from unhans.reporting.figures import style

    point = job.wildcards
    suggested = suggestions.rows(
        tsv.read_tsv(job.input.candidate_response), point.corpus, point.model, point.composite
    )
    stages = ("corpus", "attribution", "group_search")
    pictures = suggestions.draw(
        suggested,
        store.read(job.input.artefacts),
        ExplainedClasses(
            {stage: store.classes(job.input[stage]) for stage in stages},
            store.read(job.input.record),
            machine.root(point.corpus),
        ),
    )
    style.save_all(pictures, job.output.folder)
    tsv.write_tsv(suggested, job.output.table)
    job.say(f"suggestions: {len(suggested)} to accept or reject")
