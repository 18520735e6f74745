"""features_page: a page a class with the images that show each of its features most and least."""

from unhans.pipeline.job import Job

with Job(snakemake) as job:
    from unhans.images.transform import Transform
    from unhans.io import atomic, store, tsv
    from unhans.pipeline import machine
    from unhans.reporting import features_page

    images, measured = store.classes(job.input.images), store.classes(job.input.sensitivity)
    network = job.settings["corpus"], job.settings["model"]
    pages = features_page.pages(
        images,
        store.classes(job.input.neurons),
        measured,
        root=machine.root(job.wildcards.corpus),
        transform=Transform.of(store.read(job.input.record).attributes.get("transform")),
        network=network,
    )
    atomic.write_tree(job.output.folder, pages)
    tsv.write_text(job.output.page, features_page.index(images, measured, network))
    job.say(f"features_page: see {job.output.page}")
