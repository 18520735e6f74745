"""detection_figure: AUC of each score against the poisoning rate, drawn."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.benchmark.detection_figure import detection_figure
    from unhans.io import tsv
    from unhans.reporting.figures import style

    style.save(detection_figure(tsv.read_tsv(job.input.summary)), job.output.figure)
