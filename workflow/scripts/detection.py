"""detection: how well scores of classes find planted artefacts, over a grid of corpora."""

from unhans.job import Job

with Job(snakemake) as job:
    from unhans import detection, drawing, tables
    from unhans.detection_figure import detection_figure

    stages = ("affinity", "embedding", "clustering", "attribution", "contrast")
    table = detection.classes(
        job.input.separability,
        cells=job.settings["cells"],
        sources={stage: job.input[stage] for stage in stages},
        responses=job.input.responses,
        findings=job.input.findings,
    )
    summary, clean = detection.summary(table), detection.clean(table)
    tables.write_tsv(table, job.output.classes)
    tables.write_tsv(summary, job.output.summary)
    tables.write_tsv(clean, job.output.clean)
    drawing.save(detection_figure(summary), job.output.figure)
    job.say(detection.in_words(summary))
