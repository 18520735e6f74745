"""group_attributes: what is known of images, compared with the groups and clusters that stand out."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.io import tsv
    from unhans.reporting import group_attributes

    text = {*tsv.TEXT, *group_attributes.names(**job.settings)}  # a site 007 is no number
    manifests = {path: tsv.read_tsv(path, text) for path in job.input.manifests}
    groups = tsv.read_tsv(job.input.groups)
    table = group_attributes.tabulate(groups, manifests, **job.settings)
    tsv.write_tsv(table, job.output.table)
    job.say(group_attributes.describe(table, **job.settings))
