"""Small classes: those that a plan knows to have too few images for a rank."""

import os
from collections.abc import Iterator

from unhans.config.images import Digits
from unhans.images import class_index
from unhans.images.class_folders import count_images
from unhans.images.label_table import listed
from unhans.pipeline.plan import Plan
from unhans.spray.class_size import images_needed


def describe(plan: Plan) -> str:
    """Name the classes that have too few images for tau of all eigenvectors and clusters.

    No image is opened. Images that are set aside later are counted, so that a class may be too small
    that is not named here. A folder without images says nothing: they may have been deleted once they
    were explained.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    str
        A line; empty where there are none, or where the configuration ranks small classes too.
    """
    config = plan.config
    q, k_max = max(config.embedding.q), config.clustering.k_max
    needed = images_needed(q, k_max)
    if config.ranking.small_classes == "capped":
        return ""
    sizes = [size for name in config.corpus for size in _sizes(plan, name, needed)]
    small = [f"{name}: {count}" for name, count in sizes if 0 < count < needed]
    if not small:
        return ""
    return (
        f"{len(small)} of {len(sizes)} classes have fewer than {needed} images, too few for tau of "
        f"q = {q} and k up to {k_max}, and get no rank: {listed(small)} (choose a smaller q and k_max, "
        "or ranking.small_classes: capped)"
    )


def _sizes(plan: Plan, corpus: str, most: int) -> Iterator[tuple[str, int]]:
    """Name of each class that is analysed, and its images, as far as ``most``."""
    section, catalogue = plan.config.corpus[corpus], plan.classes.catalogues[corpus]
    analysed = set(plan.classes.analysed(corpus))
    limit = most if section.per_class is None else min(section.per_class, most)
    for entry in catalogue.entries:
        if entry.id not in analysed:
            continue
        if isinstance(section, Digits):
            count = limit
        elif catalogue.rows:
            count = min(catalogue.rows[entry.label], limit)
        else:
            root = class_index.root_of(section.root, f"corpus.{corpus}")
            folders = [os.path.join(root, split, entry.label) for split in section.splits]
            count = min(
                sum(count_images(one, limit) for one in folders if os.path.isdir(one)), limit
            )
        yield f"{corpus}/{entry.name}", count
