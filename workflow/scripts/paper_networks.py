"""paper_networks: the same images under several networks (figure 11 of the paper)."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.paper import networks_figure, notice
    from unhans.pipeline import machine
    from unhans.reporting.figures import composition, style

    found, settings = job.input, job.settings
    # Networks share the images of a class; a class may be set aside.
    opened = store.by_path([*found.corpus, *found.attribution])
    shown = networks_figure.gather(
        settings["accepted"],
        settings["models"],
        prepared=[store.read(path) for path in found.prepared_artefact],
        corpora=[opened[path] for path in found.corpus],
        attributions=[opened[path] for path in found.attribution],
        records=[store.read(path) for path in found.model],
        root=machine.root(settings["accepted"][0]["corpus"]),
    )
    drawn, missing = notice.drawn_or_missing(11, networks_figure.draw, shown, settings["samples"])
    style.save_pixels(composition.stacked(drawn.values()), job.output.figure)
    tsv.write_tsv(missing, job.output.missing)
    tsv.write_tsv(networks_figure.table(shown), job.output.table)
    job.say(notice.describe(11, drawn, missing))
    job.say(networks_figure.describe(shown))
