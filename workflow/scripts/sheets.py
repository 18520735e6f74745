"""sheets: the images of each group and cluster that stands out, as contact sheets."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import atomic, result_tables, store
    from unhans.pipeline import machine
    from unhans.reporting import sheets
    from unhans.reporting.export.explanations import explanations

    explained = explanations(
        store.by_path(job.input.corpus),
        {"attribution": store.by_path(job.input.attribution)},
        store.by_path(job.input.records),
        machine.root,
    )
    listed = result_tables.read_groups(job.input.table)
    atomic.write_tree(job.output.folder, sheets.files(listed, explained))
    job.say(f"sheets: open {job.output.folder}/index.html")
