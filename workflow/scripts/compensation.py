"""compensation: a network cured of an accepted artefact, in every way that is configured."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import compensation, findings, insertion, model, surroundings, tables

    case = compensation.case(
        job.settings,
        insertion.Sources.of(
            corpus=job.input.corpus, attribution=job.input.attribution, contrast=job.input.contrast
        ),
        findings.groups(job.input.findings),
        job.input.artefacts,
        model.load(job.input.record, job.input.weights),
        surroundings.root(job.wildcards.corpus),
    )
    table, best = compensation.tabulate(case)
    compensation.export(case, best, job.output.network)
    tables.write_tsv(table, job.output.table)
    job.say(compensation.in_words(table))
