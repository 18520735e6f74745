"""Small classes: those that a plan knows to have too few images for a rank."""

import os
from collections.abc import Iterable, Iterator

from unhans.config.images import Digits
from unhans.config.models import Config
from unhans.errors import ConfigError
from unhans.images import class_index
from unhans.images.class_folders import count_images
from unhans.images.label_table import listed
from unhans.pipeline.plan import Plan
from unhans.spray.class_size import images_needed, size_for

EXAMPLES = (".jpg", ".png", ".tif", ".dcm")
"""Some of the suffixes that image files have; see `images.suffixes`."""


def describe(plan: Plan) -> str:
    """Name the classes that have too few images for tau of all eigenvectors and clusters.

    Where knn asks for more, its number counts. No image is opened. Images that are set aside later are
    counted, so that a class may be too small that is not named here. A folder without images says
    nothing: they may have been deleted once they were explained.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    str
        A line; empty where there are none.
    """
    config = plan.config
    q, k_max, knn = max(config.embedding.q), config.clustering.k_max, max(config.affinity.knn)
    is_capped = config.ranking.small_classes == "capped"
    needed = 0 if is_capped else images_needed(q, k_max)
    what = f"tau of q = {q} and k up to {k_max}"
    if knn >= needed:
        needed, what = knn + 1, f"knn = {knn}"
    sizes = [size for name in config.corpus for size in _sizes(plan, name, needed)]
    counts = {name: count for name, count in sizes if 0 < count < needed}
    if not counts:
        return ""
    return (
        f"{len(counts)} of {len(sizes)} classes have fewer than {needed} images, too few for {what}, and "
        f"get no rank: {listed([f'{name}: {count}' for name, count in counts.items()])} "
        f"({_advice(config, counts.values())})"
    )


def _advice(config: Config, counts: Iterable[int]) -> str:
    """What gives a rank to the smallest classes that can get one, none of them with all eigenvectors."""
    q, knn, clustering = max(config.embedding.q), max(config.affinity.knn), config.clustering
    smaller_knn = sorted(count for count in counts if 1 < count <= knn)
    if smaller_knn:
        return f"choose a smaller affinity.knn, at most {smaller_knn[0] - 1} for the smallest"
    for count in sorted(counts):
        fits = size_for(count, q, clustering.k_max)
        is_valid = fits.q >= 2 and fits.k_max >= max(2, clustering.k_min)
        if count > knn and is_valid and images_needed(*fits) <= count:
            said = f"embedding.q: {fits.q} and clustering.k_max: {fits.k_max} suit {count} images"
            return f"{said}, or ranking.small_classes: capped"
    return "choose smaller affinity.knn, embedding.q and clustering.k_max"


def check_neighbours(plan: Plan) -> None:
    """Refuse a knn that the config sets and that no class of a corpus has images for.

    The default is not refused: classes that are too small for it have a status instead of a rank, and
    everything before the graph can be made of them.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Raises
    ------
    ConfigError
        The message names corpus, number, and the size of its largest class. Of a class without images,
        which may have been deleted once they were explained, nothing is known, and nothing is said.
    """
    if "knn" not in plan.config.affinity.model_fields_set:
        return
    knn = max(plan.config.affinity.knn)
    for corpus in plan.config.corpus:
        largest = 0
        for _, count in _sizes(plan, corpus, knn + 1):
            if count in (0, knn + 1):
                break
            largest = max(largest, count)
        else:
            if largest:
                raise ConfigError(
                    f"affinity.knn: {knn} neighbours; expected fewer than the {largest} images of the "
                    f"largest class of corpus.{corpus}"
                )


def empty_corpora(plan: Plan) -> list[str]:
    """Name the corpora of which not one class has an image.

    Parameters
    ----------
    plan : Plan
        Of the run.

    Returns
    -------
    list of str
        A line each. They are no error: the images may have been deleted once they were explained.
    """
    return [
        f"corpus.{corpus}: none of {len(plan.classes.analysed(corpus))} classes holds an image in "
        f"{section.root}; expected files such as {', '.join(EXAMPLES)} in a folder for each class"
        for corpus, section in plan.config.corpus.items()
        if not isinstance(section, Digits) and not any(size for _, size in _sizes(plan, corpus, 1))
    ]


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
