"""Class movement: a network's answers for the images of one class, as they are and under each change."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from tqdm import tqdm

from unhans.errors import InputError
from unhans.images.changes.catalogue import CHANGES, Donated, Step, changed
from unhans.images.changes.pixels import Images, as_display
from unhans.images.transform import Transform, scaled
from unhans.probes import donors
from unhans.probes.groups import Group

if TYPE_CHECKING:
    from torch import nn

BATCH = 64
"""Images changed at once; `inference.predict` chooses how many of them are computed at once."""

QUIET: Mapping[str, Any] = {"delay": 5, "mininterval": 5}
"""Of a progress bar: seconds before it is shown, and between two lines."""


@dataclass(frozen=True)
class ClassMovement:
    """Answers of a network for the n images of a class under s steps; row 0 is of the images as they are.

    Parameters
    ----------
    called : ndarray of int32, shape (s + 1, n)
        Output with the highest logit.
    own_probability : ndarray of float32, shape (s + 1, n)
        Of the class, in points of percent.
    own_rank : ndarray of int32, shape (s + 1, n)
        The same of its rank, 1 for the highest.
    donor : ndarray of int64, shape (n,)
        Output of the class whose surroundings are put in, or `donors.NONE`.
    donor_probability, donor_rank : ndarray of float32 and of int32, shape (s + 1, n)
        As of the class, of the donor's.
    probability, rank : ndarray of float32 and of int64, shape (s + 1, outputs)
        Sums over the images, for each output of the network.
    colour : ndarray of float64, shape (c,)
        Mean of each channel over the images.

    """

    called: NDArray[np.int32]
    own_probability: NDArray[np.float32]
    own_rank: NDArray[np.int32]
    donor: NDArray[np.int64]
    donor_probability: NDArray[np.float32]
    donor_rank: NDArray[np.int32]
    probability: NDArray[np.float32]
    rank: NDArray[np.int64]
    colour: NDArray[np.float64]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what is stored, by name.

        Returns
        -------
        dict of str to ndarray

        """
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "ClassMovement":
        """Make it of what was stored.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            As from `arrays`.

        Returns
        -------
        ClassMovement

        """
        return cls(**{one.name: np.asarray(arrays[one.name]) for one in fields(cls)})


def measure_class(
    module: "nn.Module",
    transform: Transform | None,
    group: Group,
    givers: Sequence[Group],
    steps: Sequence[Step],
    *,
    turn: int = 0,
    batch_size: int = BATCH,
    workers: int = 1,
    after: Callable[[], object] | None = None,
) -> ClassMovement:
    """Ask a network for the images of a class, as they are and under each step.

    Parameters
    ----------
    module : Module
        Network whose outputs are logits.
    transform : Transform or None
        From an image to its input; None for digits.
    group : Group
        Images of the class.
    givers : sequence of Group
        Classes whose surroundings are put into them; see `givers.following`.
    steps : sequence of Step
        Changes.
    turn : int
        Place of the class among all, so that givers give other images to each class.
    batch_size, workers : int
        Images changed at once, and steps. Results are the same for any number of workers.
    after : callable
        Called when a step is done; by default a bar of the steps shows it.

    Returns
    -------
    ClassMovement

    Raises
    ------
    InputError
        No image can be read, the class has no output of the network, or logits are not finite.

    """
    images = as_display(group.read())
    if not len(images):
        raise InputError(f"class {group.class_id}: no image to change can be read; expected some")
    exchanged = any(CHANGES[step.change].donor for step in steps)
    given = donors.of_class(givers, images, turn) if exchanged else donors.none(images)
    asked = _Asked(module, transform, images, group.relevance, given.images, batch_size)

    def answered(step: Step | None) -> _Answers:
        return asked.answers(step, group.output, given.output)

    found = _of_each((None, *steps), answered, workers, after)
    stacked = {name: np.stack([getattr(one, name) for one in found]) for name in KEPT}
    colour = images.mean(axis=(0, 2, 3), dtype=np.float64)
    return ClassMovement(**stacked, donor=given.output, colour=colour)


def _of_each(
    steps: Sequence[Step | None],
    answered: Callable[[Step | None], "_Answers"],
    workers: int,
    after: Callable[[], object] | None,
) -> list["_Answers"]:
    """Ask for each step; where the caller does not show how far it is, a bar does."""
    bar = tqdm(total=len(steps), desc="movement", unit="step", disable=after is not None, **QUIET)

    def noted(step: Step | None) -> "_Answers":
        found = answered(step)
        (after or bar.update)()
        return found

    with bar, ThreadPoolExecutor(workers) as pool:
        return list(pool.map(noted, steps))


KEPT = (
    *("called", "own_probability", "own_rank", "donor_probability", "donor_rank"),
    *("probability", "rank"),
)
"""What is kept of the answers under each step."""


class _Answers:
    """Answers for the images of a class under one step."""

    def __init__(
        self, logits: NDArray[np.float32], own: int, donor: NDArray[np.int64], name: str
    ) -> None:
        if not np.isfinite(logits).all():
            raise InputError(f"{name}: logits are NaN or infinite; expected finite ones")
        highest = max(own, donor.max(initial=0))
        if highest >= logits.shape[1]:
            raise InputError(
                f"class of output {highest}: the network has {logits.shape[1]} outputs"
            )
        exponents = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
        chances = 100 * exponents / exponents.sum(axis=1, keepdims=True)
        ranks = rankdata(-logits, method="min", axis=1).astype(np.int32)
        rows = np.arange(len(logits))
        self.called = logits.argmax(axis=1).astype(np.int32)
        self.own_probability = chances[:, own].astype(np.float32)
        self.own_rank = ranks[:, own].copy()
        self.donor_probability = chances[rows, donor].astype(np.float32)
        self.donor_rank = ranks[rows, donor]
        self.probability = chances.sum(axis=0).astype(np.float32)
        self.rank = ranks.sum(axis=0, dtype=np.int64)


@dataclass(frozen=True)
class _Asked:
    """Images of one class and the network that is asked for them."""

    module: "nn.Module"
    transform: Transform | None
    images: Images
    relevance: NDArray[np.floating] | None
    donated: Donated
    batch_size: int

    def answers(self, step: Step | None, own: int, donor: NDArray[np.int64]) -> _Answers:
        """Change the images and ask the network, a batch at a time."""
        # Here, so that a job that only compares stored answers needs no torch.
        from unhans.networks.inference import predict

        logits = []
        for start in range(0, len(self.images), self.batch_size):
            part = slice(start, start + self.batch_size)
            given = self.images[part]
            if step is not None:
                seen = None if self.relevance is None else self.relevance[part]
                others = Donated(*(own[part] for own in self.donated))
                given = changed(given, step, seen, others)
            inputs = given if self.transform is None else scaled(self.transform, given)
            logits.append(predict(self.module, inputs))
        name = "images as they are" if step is None else f"{step.change} {step.strength:g}"
        return _Answers(np.concatenate(logits), own, donor, name)
