"""Deleted images: what was read of images and is gone, while something that was made of it is there."""

import glob
import os

from unhans import paths
from unhans.pipeline.plan import ANY, Plan


def results(plan: Plan) -> list[str]:
    """Results of the stage ``corpus`` that are gone, and that heatmaps of their class came from.

    Who deletes them asks for the images to be read again (docs/how-to/images.md). Snakemake makes what a
    target comes from only where the target itself must be made: it would leave a ranking of the images
    of before.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        Paths.
    """
    found = []
    for corpus in plan.config.corpus:
        point = ANY._replace(corpus=corpus)
        for class_id in plan.classes.analysed(corpus):
            path = plan.result("corpus", point, class_id)
            if not os.path.exists(path) and _is_explained(plan, corpus, class_id):
                found.append(path)
    return found


def _is_explained(plan: Plan, corpus: str, class_id: str) -> bool:
    folder = glob.escape(os.path.join(plan.config.results, corpus))
    return any(glob.iglob(f"{folder}/*/*/attribution/{glob.escape(class_id)}{paths.RESULT}"))
