"""group_search: images of one class that stand apart from its other images."""

from unhans.pipeline.job import each_class

for job in each_class(snakemake):
    with job:
        from unhans.detection import concepts, group_search, transplanted
        from unhans.images import dataset
        from unhans.images.transform import Transform
        from unhans.io import store
        from unhans.pipeline import machine

        explained = store.read(job.input.heatmaps, ["heatmap", "image", "rank"])
        images, record = store.read(job.input.images), store.read(job.input.record)
        shown = dataset.DisplayImages(
            dataset.ClassDataset(images, machine.root(job.wildcards.corpus)),
            explained["image"],
            Transform.of(record.attributes.get("transform")),
        )
        tried, n = store.read(job.input.transplant), len(explained["heatmap"])
        rises = transplanted.of_all(
            *(tried[name] for name in ("rise", "probability", "row")),
            n=n,
            evidence=tried.attributes["evidence"],
        )
        kept = store.opened(
            {name: getattr(job.input, name) for name in ("concepts", "concept_sample")}
        )
        found = group_search.find_groups(
            explained["heatmap"],
            images=shown,
            rises=rises,
            concepts=concepts.of_class(kept, job.class_id, explained["image"]),
            **job.settings,
        )
        store.write(
            job.output.group_search,
            group_search.arrays(found, explained["rank"]),
            job.recipe,
            inputs={
                "heatmaps": explained,
                "images": images,
                "model": record,
                "transplant": tried,
                **kept,
            },
            notes={"n": n, "pixels": found.pixels},
        )
