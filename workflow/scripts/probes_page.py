"""probes_page: what was found of whole classes, in sentences and pictures."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.images.transform import Transform
    from unhans.io import store, tsv
    from unhans.probes import examples
    from unhans.probes.beside import Beside
    from unhans.reporting import probes_page
    from unhans.reporting.figures import style

    telling, moved = tsv.read_tsv(job.input.predictability), tsv.read_tsv(job.input.interventions)
    tables = Beside(**{name: tsv.read_tsv(job.input[name]) for name in Beside._fields})
    described = probes_page.rows(tsv.read_tsv(job.input.probes))
    kept = store.read(job.input.examples)
    pairs = examples.pairs_of(kept["picture"], kept.attributes["rows"])
    style.save_all(probes_page.draw(described, moved, pairs), job.output.folder)
    linked = probes_page.with_pictures(described, store.read(job.input.ends, []))
    transform = Transform.of(store.read(job.input.record, []).attributes.get("transform"))
    part = probes_page.of_transform(transform, job.settings["seen"])
    above = [*part, *probes_page.first(described, telling, moved, tables)]
    said = probes_page.notes(telling, moved, tables)
    tsv.write_text(job.output.page, probes_page.to_html(linked, said, above))
    job.say("\n".join([*above, *said]))
    job.say(f"probes_page: {len(described)} rows, see {job.output.page}")
