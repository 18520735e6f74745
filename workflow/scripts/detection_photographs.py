"""detection_photographs: how well scores of classes find marks planted in photographs."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.benchmark import detection, detection_photographs
    from unhans.config.photo_grid import PhotoCondition
    from unhans.io import store, tsv
    from unhans.paths import parse_beside

    conditions = job.settings["conditions"].items()
    table = detection_photographs.classes(
        {stage: store.in_order(job.input[stage]) for stage in detection.STAGES},
        conditions={name: PhotoCondition(*fields) for name, fields in conditions},
        responses={parse_beside(path, 2): tsv.read_tsv(path) for path in job.input.responses},
        findings={parse_beside(path, 3): tsv.read_tsv(path) for path in job.input.findings},
        experiments={parse_beside(path, 3): tsv.read_tsv(path) for path in job.input.experiments},
    )
    summary = detection_photographs.summary(table)
    tsv.write_tsv(table, job.output.classes)
    tsv.write_tsv(summary, job.output.summary)
    tsv.write_tsv(detection_photographs.clean(table), job.output.clean)
    job.say(detection_photographs.describe(summary, job.settings["skipped"]))
