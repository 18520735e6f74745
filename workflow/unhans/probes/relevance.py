"""Relevance: heatmaps of the images that interventions change, for those that keep what is relevant."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unhans.images.changes.pixels import as_display
from unhans.images.transform import Transform, scaled
from unhans.io.store import Result
from unhans.probes.families import FAMILIES
from unhans.probes.groups import Group
from unhans.probes.table import chosen
from unhans.types import Array

BATCH = 8
"""Images explained at once."""


def with_heatmaps(
    group: Group,
    record: Result,
    weights_file: str | Path,
    *,
    composite: str,
    device: str = "cpu",
    families: tuple[str, ...] = tuple(FAMILIES),
) -> Group:
    """Explain the images of a class with respect to it.

    Parameters
    ----------
    group : Group
        Images of the class.
    record : Result
        Of the stage that made the network.
    weights_file : str or Path
        Its weights.
    composite, device : str
        As `attribution.explainer.Explainer` takes them.
    families : tuple of str
        Of the interventions; where none of them needs heatmaps, none are made.

    Returns
    -------
    Group
        With heatmaps; without, where the network is none that can be explained: the stage attribution
        says why. A heatmap that is not finite is 0, and without relevance no region is blurred.

    Raises
    ------
    StoreError
        The weights are missing, or not those that the record names.

    """
    if chosen(families, 3, relevance=True) == chosen(families, 3, relevance=False):
        return group
    # Here, so that jobs that compare stored answers load no torch.
    from unhans.attribution import check
    from unhans.attribution.explainer import Explainer
    from unhans.networks import weights

    images, maps = group.read(), []
    if not len(images):  # its class is set aside when they are changed
        return group
    network = weights.load(record, weights_file)
    engine = "zennit" if check.is_refused_engine(record.attributes.get("check")) else "auto"
    try:
        with Explainer(network, composite, engine, device) as explain:
            for inputs in _inputs(images, network.transform):
                targets = np.full(len(inputs), group.output)
                maps.append(explain(inputs, targets).heatmap)
    except Exception:  # a network's own code may raise anything
        return group
    return replace(group, relevance=np.nan_to_num(np.concatenate(maps), posinf=0, neginf=0))


def _inputs(images: Array, transform: Transform | None) -> Iterator[NDArray[np.float32]]:
    """Images as the network takes them, some at a time."""
    for start in range(0, len(images), BATCH):
        given = as_display(images[start : start + BATCH])
        yield given if transform is None else scaled(transform, given)
