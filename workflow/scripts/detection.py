"""detection: how well scores of classes find planted artefacts, over a grid of corpora."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.benchmark import detection
    from unhans.config.benchmark_grid import Condition
    from unhans.io import store, tsv
    from unhans.paths import parse_beside

    conditions = job.settings["conditions"].items()
    table = detection.classes(
        {stage: store.in_order(job.input[stage]) for stage in detection.STAGES},
        conditions={name: Condition(*fields) for name, fields in conditions},
        responses={parse_beside(path, 2): tsv.read_tsv(path) for path in job.input.responses},
        findings={parse_beside(path, 3): tsv.read_tsv(path) for path in job.input.findings},
    )
    summary = detection.summary(table)
    tsv.write_tsv(table, job.output.classes)
    tsv.write_tsv(summary, job.output.summary)
    tsv.write_tsv(detection.clean(table), job.output.clean)
    job.say(detection.describe(summary))
