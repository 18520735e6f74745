"""Movement: a network's answers for images as they are and under each change, in one pass."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import nn
from tqdm import tqdm

from unhans.errors import InputError
from unhans.images.changes.catalogue import CHANGES, Donated, Step, changed
from unhans.images.changes.pixels import Images, as_display
from unhans.images.transform import Transform, scaled
from unhans.networks.inference import predict
from unhans.probes import donors
from unhans.probes.groups import Group

QUIET: Mapping[str, Any] = {"delay": 5, "mininterval": 5}
"""Of a progress bar: seconds before it is shown, and between two lines."""

BATCH = 16
"""Images computed at once on a CPU, where larger batches are no faster."""


@dataclass(frozen=True)
class Movement:
    """Answers of a network for n images under s steps; row 0 is of the images as they are.

    Parameters
    ----------
    steps : tuple of Step
        The changes, without that of row 0.
    outputs : ndarray of int, shape (k,)
        Output of each class.
    label : ndarray of int, shape (n,)
        Class of each image: its place in ``outputs``.
    called : ndarray of int, shape (s + 1, n)
        Output with the highest logit.
    colour : ndarray of float, shape (k, c)
        Mean of each channel over the images of each class.
    own_probability : ndarray of float64, shape (s + 1, n)
        Of the image's own class, in points of percent.
    own_rank : ndarray of float64, shape (s + 1, n)
        The same of its rank, 1 for the highest.
    donor : ndarray of int, shape (n,)
        Class whose surroundings are put in: its place in ``outputs``, or `donors.NONE`.
    donor_probability, donor_rank : ndarray of float64, shape (s + 1, n)
        As of the image's own class, of its donor's.
    probability, rank : ndarray of float64, shape (s + 1, k)
        Sums over all images, for each class.

    """

    steps: tuple[Step, ...]
    outputs: NDArray[np.int64]
    label: NDArray[np.int64]
    called: NDArray[np.int32]
    colour: NDArray[np.floating]
    own_probability: NDArray[np.float64]
    own_rank: NDArray[np.float64]
    donor: NDArray[np.int64]
    donor_probability: NDArray[np.float64]
    donor_rank: NDArray[np.float64]
    probability: NDArray[np.float64]
    rank: NDArray[np.float64]

    def row(self, step: Step) -> int:
        """Find the row of a step.

        Parameters
        ----------
        step : Step
            One of ``steps``.

        Returns
        -------
        int

        """
        return 1 + self.steps.index(step)


def measure(
    module: nn.Module,
    transform: Transform | None,
    groups: Sequence[Group],
    steps: Sequence[Step],
    *,
    batch_size: int = BATCH,
    workers: int = 1,
) -> Movement:
    """Ask a network for all images, as they are and under each step: one pass for all classes.

    Parameters
    ----------
    module : Module
        Network whose outputs are logits.
    transform : Transform or None
        From an image to its input; None for digits.
    groups : sequence of Group
        Images by class. One class at a time is in memory.
    steps : sequence of Step
        Changes.
    batch_size : int
        Images computed at once.
    workers : int
        Steps computed at once. Results are the same for any number.

    Returns
    -------
    Movement

    Raises
    ------
    InputError
        There are no images, a class has no output of the network, or logits are not finite.

    """
    every = (None, *steps)
    columns = np.array([group.output for group in groups], dtype=np.int64)
    found: list[list[_Answers]] = []
    means, labels = [], []
    exchanged = any(CHANGES[step.change].donor for step in steps)
    bar = tqdm(total=len(every) * len(groups), desc="interventions", unit="step", **QUIET)
    with bar, ThreadPoolExecutor(workers) as pool:
        for place, group in enumerate(groups):
            images = as_display(group.read())
            means.append(_mean_colour(images))
            if not len(images):
                continue
            given = donors.of_class(groups, place, images) if exchanged else donors.none(images)
            asked = _Asked(module, transform, images, group.relevance, given.images, batch_size)
            answers = pool.map(partial(asked.answers, columns=columns), every)
            found.append([])
            for one in answers:
                found[-1].append(one.of_class(place, given.place))
                bar.update()
            labels.append(np.stack([np.full(len(images), place), given.place]))
    if not found:
        raise InputError("no class holds an image to change; expected images")
    return _joined(found, tuple(steps), columns, np.concatenate(labels, 1), np.stack(means))


def _mean_colour(images: Images) -> NDArray[np.floating]:
    return images.mean(axis=(0, 2, 3)) if len(images) else np.full(images.shape[1], np.nan)


class _Answers:
    """Answers for the images of one class under one step."""

    def __init__(self, logits: NDArray[np.float32], columns: NDArray[np.int64], name: str) -> None:
        if not np.isfinite(logits).all():
            raise InputError(f"{name}: logits are NaN or infinite; expected finite ones")
        if columns.max(initial=0) >= logits.shape[1]:
            raise InputError(
                f"class of output {columns.max()}: the network has {logits.shape[1]} outputs"
            )
        exponents = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
        chances = 100 * exponents / exponents.sum(axis=1, keepdims=True)
        self.called = logits.argmax(axis=1).astype(np.int32)
        self._chances = chances[:, columns]
        self._ranks = rankdata(-logits, method="min", axis=1)[:, columns]
        self.probability, self.rank = self._chances.sum(axis=0), self._ranks.sum(axis=0)
        self.own_probability = self.own_rank = np.zeros(0)
        self.donor_probability = self.donor_rank = np.zeros(0)

    def of_class(self, place: int, donor: NDArray[np.int64]) -> "_Answers":
        """Keep what is needed of a class: its own values, those of donors' classes, and sums of all."""
        self.own_probability = self._chances[:, place].copy()
        self.own_rank = self._ranks[:, place].astype(np.float64)
        rows = np.arange(len(donor))
        self.donor_probability = self._chances[rows, donor]
        self.donor_rank = self._ranks[rows, donor].astype(np.float64)
        del self._chances, self._ranks
        return self


@dataclass(frozen=True)
class _Asked:
    """Images of one class and the network that is asked for them."""

    module: nn.Module
    transform: Transform | None
    images: Images
    relevance: NDArray[np.float32] | None
    donated: Donated
    batch_size: int

    def answers(self, step: Step | None, columns: NDArray[np.int64]) -> _Answers:
        """Change the images and ask the network, a batch at a time."""
        logits = []
        for start in range(0, len(self.images), self.batch_size):
            part = slice(start, start + self.batch_size)
            given = self.images[part]
            if step is not None:
                seen = None if self.relevance is None else self.relevance[part]
                others = Donated(*(own[part] for own in self.donated))
                given = changed(given, step, seen, others)
            inputs = given if self.transform is None else scaled(self.transform, given)
            logits.append(predict(self.module, inputs, self.batch_size))
        name = "images as they are" if step is None else f"{step.change} {step.strength:g}"
        return _Answers(np.concatenate(logits), columns, name)


def _joined(
    found: Sequence[Sequence[_Answers]],
    steps: tuple[Step, ...],
    columns: NDArray[np.int64],
    labels: NDArray[np.int64],
    means: NDArray[np.float64],
) -> Movement:
    by_step = list(zip(*found, strict=True))
    joined: Mapping[str, NDArray[np.float64]] = {
        name: np.stack([np.concatenate([getattr(one, name) for one in row]) for row in by_step])
        for name in ("own_probability", "own_rank", "donor_probability", "donor_rank")
    }
    called = np.stack([np.concatenate([one.called for one in row]) for row in by_step])
    sums = {
        name: np.stack([np.sum([getattr(one, name) for one in row], axis=0) for row in by_step])
        for name in ("probability", "rank")
    }
    label, donor = labels
    return Movement(steps, columns, label, called, means, donor=donor, **joined, **sums)
