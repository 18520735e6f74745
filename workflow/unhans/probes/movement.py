"""Movement: a network's answers for the images of all classes, as they are and under each change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from unhans.errors import InputError
from unhans.images.changes.catalogue import Step
from unhans.images.transform import Transform
from unhans.probes import donors
from unhans.probes.class_movement import BATCH, QUIET, ClassMovement, measure_class
from unhans.probes.givers import following
from unhans.probes.groups import Group

if TYPE_CHECKING:
    from torch import nn


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
    module: "nn.Module",
    transform: Transform | None,
    groups: Sequence[Group],
    steps: Sequence[Step],
    *,
    batch_size: int = BATCH,
    workers: int = 1,
) -> Movement:
    """Ask a network for all images, as they are and under each step.

    Parameters
    ----------
    module : Module
        Network whose outputs are logits.
    transform : Transform or None
        From an image to its input; None for digits.
    groups : sequence of Group
        Images by class, each with an image. One class at a time is in memory.
    steps : sequence of Step
        Changes.
    batch_size, workers : int
        See `class_movement.measure_class`.

    Returns
    -------
    Movement

    Raises
    ------
    InputError
        There are no images, a class has no output of the network, or logits are not finite.

    """
    if not groups:
        raise InputError("no class holds an image to change; expected images")
    known = {group.class_id: group for group in groups}
    bar = tqdm(total=(1 + len(steps)) * len(groups), desc="movement", unit="step", **QUIET)
    with bar:
        found = (
            measure_class(
                *(module, transform, group),
                [known[name] for name in following(list(known), group.class_id)],
                steps,
                turn=place,
                batch_size=batch_size,
                workers=workers,
                after=bar.update,
            )
            for place, group in enumerate(groups)
        )
        return joined(found, [group.output for group in groups], steps)


def joined(
    found: Iterable[ClassMovement], outputs: Sequence[int], steps: Sequence[Step]
) -> Movement:
    """Join the answers for the images of all classes.

    Parameters
    ----------
    found : iterable of ClassMovement
        Of each class; one at a time is in memory but for what is kept of each image.
    outputs : sequence of int
        Output of each class, in the same order.
    steps : sequence of Step
        Changes that they were asked with.

    Returns
    -------
    Movement

    """
    columns = np.array(outputs, dtype=np.int64)
    places = {output: place for place, output in enumerate(columns.tolist())}
    sums = {name: np.zeros((1 + len(steps), len(columns))) for name in ("probability", "rank")}
    kept: dict[str, list[NDArray[Any]]] = {}
    for place, one in enumerate(found):
        for name, total in sums.items():
            total += getattr(one, name)[:, columns]
        donor = np.array([places.get(output, donors.NONE) for output in one.donor.tolist()])
        own = {**one.arrays(), "donor": donor, "label": np.full(len(donor), place)}
        for name in (*IMAGES, "donor", "label", "called", "colour"):
            kept.setdefault(name, []).append(own[name])
    images: Mapping[str, NDArray[np.float64]] = {
        name: np.concatenate(kept[name], axis=1).astype(np.float64) for name in IMAGES
    }
    label, donor = (np.concatenate(kept[name]).astype(np.int64) for name in ("label", "donor"))
    called, colour = np.concatenate(kept["called"], axis=1), np.stack(kept["colour"])
    return Movement(tuple(steps), columns, label, called, colour, donor=donor, **images, **sums)


IMAGES = ("own_probability", "own_rank", "donor_probability", "donor_rank")
"""Numbers of each image under each step."""
