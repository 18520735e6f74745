"""class_sample: maps of a few images of several classes, for metrics that look at other classes."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store
    from unhans.spray import class_sample

    classes = store.classes(job.input.maps)
    drawn = class_sample.draw(classes, **job.settings)
    store.write(
        job.output.sample,
        {"heatmap": drawn.maps, "row": drawn.row, "origin": drawn.origin},
        job.recipe,
        inputs=classes,
        notes={"classes": drawn.classes},
    )
    job.say(f"class_sample: {len(drawn.row)} images of {len(drawn.classes)} classes")
