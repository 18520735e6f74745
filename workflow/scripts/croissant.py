"""croissant: each corpus described in the metadata format of MLCommons."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from pathlib import Path

    from unhans import paths
    from unhans.io import atomic, tsv
    from unhans.reporting.export import croissant

    pairs = zip(job.output.descriptions, job.input.manifests, strict=True)
    described = {
        path: croissant.describe(
            *paths.parse_beside(table, 1), tsv.read_tsv(table), Path(table).read_bytes()
        )
        for path, table in pairs
    }
    atomic.write_files(described)
    job.say(f"croissant: {', '.join(described)}")
