"""detection: how well scores of classes find planted artefacts, over a grid of corpora."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.benchmark import detection
    from unhans.benchmark.detection_figure import detection_figure
    from unhans.io import tsv
    from unhans.reporting.figures import style

    stages = ("affinity", "embedding", "clustering", "attribution", "group_search")
    table = detection.classes(
        job.input.separability,
        conditions=job.settings["conditions"],
        sources={stage: job.input[stage] for stage in stages},
        responses=job.input.responses,
        findings=job.input.findings,
    )
    summary, clean = detection.summary(table), detection.clean(table)
    tsv.write_tsv(table, job.output.classes)
    tsv.write_tsv(summary, job.output.summary)
    tsv.write_tsv(clean, job.output.clean)
    style.save(detection_figure(summary), job.output.figure)
    job.say(detection.in_words(summary))
