"""tables: tables 1 to 4 of the paper for the configured corpora, and corrections side by side."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.paper import layout
    from unhans.paper import tables as paper

    found, output = job.input, job.output
    tables = paper.make(
        tsv.read_tsv(found.ranking),
        [tsv.read_tsv(path) for path in found.responses],
        [tsv.read_tsv(path) for path in found.unhansings],
        **job.settings,
    )
    correction = paper.joined([tsv.read_tsv(path) for path in found.corrections], paper.CORRECTION)
    files = [output.table1, output.table2, output.table3, output.table4, *output.more]
    tsv.write_each(layout.in_all_forms(tables), files)
    tsv.write_tsv(correction, output.correction)
    job.say(paper.describe(tables, correction))
