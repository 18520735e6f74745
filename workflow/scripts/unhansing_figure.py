"""unhansing_figure: what the network looks at, and how far, by epoch of training on."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import store, tsv
    from unhans.reporting.figures import style, unhansing

    names = store.read_attributes(job.input.record)["names"]
    table, samples = tsv.read_tsv(job.input.table), store.read(job.input.samples)
    style.save_all(unhansing.draw(table, samples, names), job.output.folder)
