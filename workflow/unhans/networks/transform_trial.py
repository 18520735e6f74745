"""Transform trial: whether a network answers better to images that are transformed in another usual way.

A transform that is not that of the training costs accuracy, and nothing else shows it. So the network is
asked for a few images whose classes are known, as they are configured and in the usual other ways.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import binomtest
from tqdm import tqdm

from unhans.errors import InputError
from unhans.images.transform import IMAGENET, Changes, Transform, view
from unhans.networks.inference import predict
from unhans.networks.registry import Network

ENOUGH = 0.95
"""Mean share of right answers of the classes from which no other transform is tried."""

LEVEL = 0.05
"""Chance that one of the others is called better where it is not (sign test, Bonferroni)."""

NOTHING = -1
"""In place of an answer: the image cannot be transformed, or its logits are not finite."""


class Trial(NamedTuple):
    """Answers under a transform.

    Parameters
    ----------
    said : dict
        What the configuration says of the transform.
    called : ndarray of int, shape (n,)
        Output with the highest logit for each image, or `NOTHING`.
    outputs : ndarray of int, shape (n,)
        Those of the images' classes.

    """

    said: dict[str, Any]
    called: NDArray[np.int64]
    outputs: NDArray[np.int64]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Images whose class is the answer, shape (n,)."""
        return np.asarray(self.called == self.outputs)

    @property
    def balanced(self) -> float:
        """Mean of the classes' shares of right answers."""
        return float(
            np.mean([self.right[self.outputs == one].mean() for one in set(self.outputs.tolist())])
        )

    @property
    def knows(self) -> bool:
        """Whether more answers are right than if all were the most frequent class."""
        most = np.unique(self.outputs, return_counts=True)[1].max() / len(self.outputs)
        if most == 1:
            return bool(self.right.any())
        right = int(self.right.sum())
        p = binomtest(right, len(self.outputs), most, alternative="greater").pvalue
        return bool(p <= LEVEL)


def compare(network: Network, images: Iterable[tuple[Image.Image, int]]) -> list[Trial]:
    """Ask a network for images, as it is configured and in other usual ways.

    Parameters
    ----------
    network : Network
        With a transform.
    images : iterable of (Image, int)
        As they were read, and the output of the class of each. One is held at a time.

    Returns
    -------
    list of Trial
        The configured one first; alone, where `ENOUGH` of its answers are right.

    """
    usual = network.transform
    if usual is None:
        return []
    seen = _Seen(usual, images)
    if not len(seen.outputs):
        return []
    found: list[Trial] = []
    ways = list(_ways(usual))
    with tqdm(total=len(ways), desc="transforms", unit="way", delay=5, mininterval=5) as bar:
        for said, used in ways:
            found.append(Trial(said, seen.answers(network, used), seen.outputs))
            bar.update()
            if found[0].balanced >= ENOUGH:
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
        None where chance may make the difference, or where some classes pay for others.

    """
    if len(trials) < 2:
        return None
    first, *others = trials
    best = max(others, key=lambda one: one.balanced)
    gained = int((best.right & ~first.right).sum())
    lost = int((first.right & ~best.right).sum())
    if gained <= lost or best.balanced <= first.balanced:
        return None
    p = binomtest(gained, gained + lost, alternative="greater").pvalue
    return best if p * len(others) <= LEVEL else None


class _Seen:
    """What a network may be given of each image: cut from the middle, or the whole shorter side."""

    def __init__(self, usual: Transform, images: Iterable[tuple[Image.Image, int]]) -> None:
        self._sizes = {(one.resize, one.crop): one for _, one in _ways(usual)}
        self._shades: list[dict[tuple[int, int], NDArray[np.uint8]]] = []
        outputs = []
        for image, output in images:
            shades = {}
            with suppress(InputError):  # it counts as one that is not right
                for size, used in self._sizes.items():
                    shades[size] = np.asarray(view(used, image))
            self._shades.append(shades)
            outputs.append(output)
        self.outputs = np.array(outputs, dtype=np.int64)

    def answers(self, network: Network, used: Transform) -> NDArray[np.int64]:
        """Outputs of the images, shape (n,)."""
        size = used.resize, used.crop
        rows = [row for row, shades in enumerate(self._shades) if size in shades]
        called = np.full(len(self._shades), NOTHING, dtype=np.int64)
        if rows:
            inputs = np.stack([used.normal(self._shades[row][size]) for row in rows])
            logits = predict(network.module, inputs)
            finite = np.isfinite(logits).all(axis=1)
            called[rows] = np.where(finite, np.nan_to_num(logits).argmax(axis=1), NOTHING)
        return called


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
