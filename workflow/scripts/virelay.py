"""virelay: the run as projects that ViRelAy opens."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import atomic, store
    from unhans.pipeline import machine
    from unhans.reporting.export import virelay
    from unhans.reporting.export.explanations import explanations

    results = {stage: store.by_path(job.input[stage]) for stage in virelay.ANALYSED}
    explained = explanations(
        store.by_path(job.input.corpus),
        {"attribution": store.by_path(job.input.attribution)},
        store.by_path(job.input.records),
        machine.root,
    )
    atomic.write_tree(job.output.folder, virelay.files(virelay.projects(explained, results)))
    job.say(f"virelay: open it with: virelay {job.output.folder}/*.yaml")
