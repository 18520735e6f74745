"""concept_sample: what a network sees in a few images of several classes."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.detection import concepts
    from unhans.io import store

    classes = store.classes(job.input.concepts)
    drawn = concepts.draw(classes, **job.settings)
    store.write(
        job.output.sample,
        {name: getattr(drawn, name) for name in ("activation", "row", "origin")} | drawn.relevance,
        job.recipe,
        inputs=classes,
        notes={"classes": drawn.classes},
    )
    job.say(f"concept_sample: {len(drawn.row)} images of {len(drawn.classes)} classes")
