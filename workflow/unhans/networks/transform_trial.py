"""Transform trial: whether a network answers better to images that are transformed in another usual way.

A transform that is not that of the training costs accuracy, and nothing else shows it. So the network is
asked for a few images whose classes are known, as they are configured and in the usual other ways.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import binomtest
from tqdm import tqdm

from unhans.errors import InputError
from unhans.images.transform import IMAGENET, Changes, Transform
from unhans.networks.inference import predict
from unhans.networks.registry import Network

ENOUGH = 0.95
"""Share of right answers from which no other transform is tried."""

LEVEL = 0.05
"""Chance that one of the others is called better where it is not (sign test, Bonferroni)."""


class Trial(NamedTuple):
    """Answers under a transform.

    Parameters
    ----------
    said : dict
        What the configuration says of the transform.
    right : ndarray of bool, shape (n,)
        Images whose class was the answer.

    """

    said: dict[str, Any]
    right: NDArray[np.bool_]


def compare(
    network: Network, images: Sequence[Image.Image], outputs: NDArray[np.integer]
) -> list[Trial]:
    """Ask a network for images, as it is configured and in other usual ways.

    Parameters
    ----------
    network : Network
        With a transform.
    images : sequence of Image
        As they were read.
    outputs : ndarray of int, shape (n,)
        Of the network, for the class of each.

    Returns
    -------
    list of Trial
        The configured one first; alone, where `ENOUGH` of its answers are right.

    """
    usual = network.transform
    if usual is None or not len(images):
        return []
    found: list[Trial] = []
    ways = list(_ways(usual))
    with tqdm(total=len(ways), desc="transforms", unit="way", delay=5, mininterval=5) as bar:
        for said, used in ways:
            found.append(Trial(said, _right(network, used, images, outputs)))
            bar.update()
            if found[0].right.mean() >= ENOUGH:
                break
    return found


def better(trials: Sequence[Trial]) -> Trial | None:
    """Find the transform that gives more right answers than the configured one.

    Parameters
    ----------
    trials : sequence of Trial
        From `compare`.

    Returns
    -------
    Trial or None
        None where chance may make the difference.

    """
    if len(trials) < 2:
        return None
    first, *others = trials
    best = max(others, key=lambda one: int(one.right.sum()))
    gained = int((best.right & ~first.right).sum())
    lost = int((first.right & ~best.right).sum())
    if gained <= lost:
        return None
    p = binomtest(gained, gained + lost, alternative="greater").pvalue
    return best if p * len(others) <= LEVEL else None


def _ways(usual: Transform) -> Iterator[tuple[dict[str, Any], Transform]]:
    """Transforms to try: less is cut away, and other means and deviations. Each is another one."""
    sizes: list[Mapping[str, Any]] = [{}, {"resize": usual.crop, "crop": usual.crop}]
    shades: list[Mapping[str, Any]] = [{}, {"mean": (0.5,), "std": (0.5,)}]
    shades.append({"mean": (0.0,), "std": (1.0,)})
    if usual.channels == 3:
        shades.append({"mean": IMAGENET.mean, "std": IMAGENET.std})
    seen: list[Transform] = []
    for shade in shades:
        for size in sizes:
            said = {**size, **shade}
            used = Changes(**said).applied(usual)
            if used is not None and used not in seen:
                seen.append(used)
                yield said, used


def _right(
    network: Network,
    used: Transform,
    images: Sequence[Image.Image],
    outputs: NDArray[np.integer],
) -> NDArray[np.bool_]:
    """Find the images whose class is the answer; one that cannot be transformed is none of them."""
    places, inputs = [], []
    for place, image in enumerate(images):
        with suppress(InputError):
            inputs.append(used(image))
            places.append(place)
    right = np.zeros(len(images), dtype=bool)
    if inputs:
        called = predict(network.module, np.stack(inputs)).argmax(axis=1)
        right[places] = called == outputs[places]
    return right
