"""fiftyone: the run as datasets that FiftyOne imports."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import atomic, store, tsv
    from unhans.pipeline import machine
    from unhans.reporting.export import fiftyone
    from unhans.reporting.export.explanations import explanations

    explained = explanations(
        store.by_path(job.input.corpus),
        {"attribution": store.by_path(job.input.attribution)},
        store.by_path(job.input.records),
        machine.root,
    )
    atomic.write_tree(job.output.folder, fiftyone.files(explained, tsv.read_tsv(job.input.issues)))
    job.say(f"fiftyone: datasets of the type FiftyOneDataset in {job.output.folder}")
