"""issues: whether each image bears what a flagged group shares, as a table."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.reporting.export import issues

    names = ("manifests", "indicators", "responses")
    tables = {name: {path: tsv.read_tsv(path) for path in job.input[name]} for name in names}
    results = {stage: store.by_path(job.input[stage]) for stage in ("attribution", "group_search")}
    found = issues.tabulate(issues.Tables(**tables), results)
    tsv.write_tsv(found, job.output.table)
    job.say(issues.describe(found))
