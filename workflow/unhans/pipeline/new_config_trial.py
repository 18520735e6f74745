"""Trial of a new configuration: whether its network is right about some of the images."""

from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import yaml

from unhans.errors import InputError
from unhans.images import decoding, image_folder
from unhans.images.class_index import Catalogue
from unhans.images.sampling import evenly
from unhans.images.survey import Survey, files

CLASSES, EACH = 30, 4
"""Most classes that are tried, and images of each; of fewer classes more, so that there are as many."""

LEVEL = 0.01
"""Chance that as many right answers come by guessing, from which a network knows something."""


class Tried(NamedTuple):
    """What came of the trial.

    Parameters
    ----------
    note : str
        A line for a person.
    transform : str
        A transform that is better than the configured one, as YAML; empty for none.
    """

    note: str
    transform: str = ""


def of_network(
    found: Survey, catalogue: Catalogue, architecture: str, weights: str | None, outputs: int
) -> Tried | None:
    """Ask the network for some images whose classes are known.

    Parameters
    ----------
    found : Survey
        Of the images.
    catalogue : Catalogue
        Of their classes.
    architecture, weights : str
        Of the network; weights are a file, or those of a function of the user's own.
    outputs : int
        Of the network.

    Returns
    -------
    Tried or None
        None where no image can be read.

    Raises
    ------
    ConfigError, InputError, StoreError
        The network cannot be loaded.
    """
    from scipy.stats import binomtest

    from unhans.networks import registry, transform_trial

    network = registry.load(architecture, weights, classes=outputs)
    if network.transform is None:
        return None
    images, label = _read(found, catalogue, network.transform.channels == 4)
    trials = transform_trial.compare(network, images, np.array(label, dtype=np.int64))
    if not trials:
        return None
    right, count = int(trials[0].right.sum()), len(label)
    tried = f"the network calls {right} of {count} images that were tried by their class"
    better = transform_trial.better(trials)
    if better is not None:
        shown = _shown(better.said)
        return Tried(
            f"{tried}, and {int(better.right.sum())} with transform: {shown}; expected the transform "
            "that it was trained with",
            shown,
        )
    guessed = binomtest(right, count, 1 / max(2, outputs), alternative="greater").pvalue > LEVEL
    hint = (
        ", as guessing would; check weights, transform and order of the outputs" if guessed else ""
    )
    return Tried(f"{tried}{hint}")


def _read(found: Survey, catalogue: Catalogue, opacity: bool) -> tuple[list[Any], list[int]]:
    """Read images of some classes, evenly over their order, and give the output of each."""
    output = {one.label: one.index for one in catalogue.entries}
    labels = [one.label for one in found.classes]
    chosen = [labels[place] for place in evenly(len(labels), CLASSES)]
    each = -(-CLASSES * EACH // len(chosen))
    images, label = [], []
    for name in chosen:
        paths = [path for _, path, reason in files(found.root, found.splits, name) if not reason]
        for path in islice((paths[place] for place in evenly(len(paths), each)), each):
            try:
                read = decoding.read(image_folder.inside(found.root, path), opacity=opacity)
            except InputError:
                continue  # the survey says so
            images.append(read.image)
            label.append(output[name])
    return images, label


def _shown(said: dict[str, Any]) -> str:
    """Write a transform as the configuration has it."""
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}
    text: str = yaml.safe_dump(plain, default_flow_style=True, sort_keys=False, width=200)
    return text.strip()
