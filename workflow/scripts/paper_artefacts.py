"""paper_artefacts: accepted artefacts, put in and un-Hansed (figures 7, 9, 10, 12 to 14)."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.paper import artefact_figure, notice
    from unhans.reporting.figures import composition, style

    one = ("unhansing", "prepared_artefact", "model")
    drawn, missing = notice.drawn_or_missing(
        job.settings["number"],
        artefact_figure.draw,
        job.settings["number"],
        responses=[store.read(path) for path in job.input.responses],
        found={stage: store.read(path) for stage in one for path in job.input[stage]},
        tables=[tsv.read_tsv(path) for path in job.input.table],
        artefact=job.settings["accepted"][0]["artefact"],
    )
    style.save_pixels(composition.stacked(drawn.values()), job.output.figure)
    tsv.write_tsv(missing, job.output.missing)
    job.say(notice.describe(job.settings["number"], drawn, missing))
