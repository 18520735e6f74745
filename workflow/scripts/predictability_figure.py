"""predictability_figure: images at both ends of the properties that tell classes, drawn."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store
    from unhans.reporting.figures import style
    from unhans.reporting.figures.predictability_figure import draw

    ends = store.read(job.input.ends)
    arrays = (ends[name] for name in ("picture", "edges", "share"))
    style.save_all(draw(ends.attributes["rows"], *arrays), job.output.folder)
