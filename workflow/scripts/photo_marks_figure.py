"""photo_marks_figure: an example of every mark in photographs, drawn."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.benchmark.photo_marks_figure import photo_marks_figure
    from unhans.images import photo_examples
    from unhans.io import store
    from unhans.pipeline import machine
    from unhans.reporting.figures import style

    pictures = photo_examples.every_mark(
        store.classes(job.input.images), machine.root(job.settings["corpus"])
    )
    style.save(photo_marks_figure(pictures), job.output.figure)
