"""groups: every image of every group and cluster that stands out, for annotators."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.pipeline import machine
    from unhans.reporting import group_list
    from unhans.reporting.export.explanations import explanations

    tables = group_list.Tables(
        tsv.read_tsv(job.input.ranking),
        {path: tsv.read_tsv(path) for path in job.input.indicators},
        {path: tsv.read_tsv(path) for path in job.input.responses},
    )
    of_classes = ("attribution", "group_search")
    explained = explanations(
        store.by_path(job.input.corpus),
        {stage: store.by_path(job.input[stage]) for stage in of_classes},
        store.by_path(job.input.records),
        machine.root,
    )
    graphs = {stage: store.by_path(job.input[stage]) for stage in ("affinity", "clustering")}
    listed = group_list.collect(explained, tables, graphs, **job.settings)
    tsv.write_tsv(listed, job.output.table)
    job.say(group_list.describe(listed, tables, **job.settings))
