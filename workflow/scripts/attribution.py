"""attribution: heatmaps of one class, and what the network said of its images."""

from unhans.job import Job

with Job(snakemake) as job:
    import numpy as np

    from unhans import attribution, corpus, model, store

    settings = snakemake.params.settings
    images = store.read(snakemake.input.images)
    network = model.load_trained(snakemake.input.record, snakemake.input.weights)
    members = np.nonzero(
        images["label"] == images.attributes["classes"].index(snakemake.wildcards.class_id)
    )[0]
    explanation = attribution.explain(
        network,
        corpus.as_inputs(images["image"][members]),
        images["label"][members],
        settings["composite"],
        settings["batch_size"],
    )
    fit, reasons = attribution.fit_for_analysis(explanation)
    store.write(
        snakemake.output.heatmaps,
        {
            "heatmap": explanation.heatmap[fit],
            "logit": explanation.logit[fit],
            "prediction": explanation.prediction[fit],
            "rank": explanation.rank[fit],
            "image": members[fit],
            "artefact": images["artefact"][members[fit]],
        },
        job.recipe,
        inputs={"images": images, "model": store.read(snakemake.input.record)},
        notes={"set_aside": {str(members[row]): reason for row, reason in reasons.items()}},
    )
    if reasons:
        job.say(
            f"attribution: class {snakemake.wildcards.class_id}: {len(reasons)} of {len(members)} "
            f"images set aside ({', '.join(sorted(set(reasons.values())))}); expected finite "
            "relevance that is not zero everywhere"
        )
