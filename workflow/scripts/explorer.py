"""explorer: the run as a folder of static files, to be opened in a browser."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from pathlib import Path

    from unhans.io import atomic, store, tsv
    from unhans.reporting.explorer import site
    from unhans.reporting.explorer.overview import Tables

    of_sets = ("findings", "indicators", "responses", "suggestions")
    of_sets += ("accuracies", "probes", "interventions", "corrections", "witnesses")
    run = site.Run(
        Tables(
            tsv.read_tsv(job.input.ranking),
            **{name: {path: tsv.read_tsv(path) for path in job.input[name]} for name in of_sets},
        ),
        store.by_path(job.input.classes),
        store.by_path(job.input.artefacts),
        {path: Path(path).read_bytes() for path in job.input.pictures},
        store.by_path(job.input.neurons),
        store.by_path(job.input.sensitivity),
    )
    atomic.write_tree(job.output.folder, site.files(run))
    job.say(f"explorer: open {job.output.folder}/index.html")
