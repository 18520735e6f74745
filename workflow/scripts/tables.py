"""tables: tables 1 to 4 of the paper for the configured corpora, and corrections side by side."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.paper import tables as paper

    ranking = tsv.read_tsv(job.input.ranking)
    made = paper.made(ranking, job.input.effects, job.input.unhansings, job.settings["top"])
    paper.write(made, [*vars(job.output).values()])
    compensation = paper.gathered(job.input.compensations, paper.COMPENSATION)
    tsv.write_tsv(compensation, job.output.compensation)
    job.say(paper.in_words(made, compensation))
