"""Whole change: an artefact that is a change of whole images, such as a closer framing or a tint.

Nearly all images of its class show it. It has no mask and no template: it is put into an image by
changing it, and taken out by the opposite change, where there is one.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.artefacts.artefact import Artefact
from unhans.images.changes.catalogue import CHANGES, Step, changed
from unhans.images.transform import Transform, scaled
from unhans.types import Array

NO_STEP = Step("", 0)
"""No change."""


@dataclass(frozen=True, eq=False)
class WholeChange(Artefact):
    """An artefact that is a change of whole images; see `of`.

    Parameters
    ----------
    mask, template, consistency, kind, opacity, seed : see Artefact
        All pixels, and nothing that is added to them.
    step : Step
        The change and its strength.
    transform : Transform or None
        Of the network; None for digits.

    """

    step: Step = NO_STEP
    transform: Transform | None = None

    def insert(self, images: Array) -> NDArray[np.float32]:
        """Change images.

        Parameters
        ----------
        images : ndarray, shape (n, c, h, w)
            Inputs of the network; they stay as they are.

        Returns
        -------
        ndarray of float32, shape (n, c, h, w)

        Raises
        ------
        InputError
            The images cannot be changed; see `catalogue.changed`.

        """
        return self._changed(images, self.step.change)

    def control(self, images: Array) -> NDArray[np.float32]:
        """Change images as much, and leave alone what the artefact is about.

        Parameters
        ----------
        images : ndarray, shape (n, c, h, w)
            As `insert` takes them.

        Returns
        -------
        ndarray of float32, shape (n, c, h, w)

        Raises
        ------
        InputError
            The images cannot be changed.

        """
        return self._changed(images, CHANGES[self.step.change].control)

    @property
    def opposite(self) -> "WholeChange | None":
        """The change that takes it out; None where nothing does."""
        name = CHANGES[self.step.change].opposite
        size = self.template.shape
        return of(Step(name, self.step.strength), size, self.transform) if name else None

    def _changed(self, images: Array, name: str) -> NDArray[np.float32]:
        own = np.asarray(images, dtype=np.float32)
        if not len(own):
            return own
        if self.transform is None:
            return changed(np.clip(own, 0, 1), Step(name, self.step.strength))
        shown = np.stack([self.transform.shades(one) for one in own]) / np.float32(255)
        after = changed(np.clip(shown, 0, 1), Step(name, self.step.strength))
        return scaled(self.transform, after)


def of(step: Step, shape: tuple[int, ...], transform: Transform | None) -> WholeChange:
    """Make an artefact of a change.

    Parameters
    ----------
    step : Step
        The change and its strength.
    shape : tuple of int
        (c, h, w) of the network's inputs.
    transform : Transform or None
        Of the network; None for digits.

    Returns
    -------
    WholeChange

    """
    mask = np.ones(shape[1:], dtype=bool)
    nothing = np.zeros(shape, dtype=np.float32)
    return WholeChange(mask, nothing, 0.0, "whole", step=step, transform=transform)


def notes(artefact: WholeChange) -> dict[str, Any]:
    """Attributes that the store keeps of it; see `from_notes`.

    Parameters
    ----------
    artefact : WholeChange
        To keep.

    Returns
    -------
    dict of str to JSON values

    """
    used = artefact.transform
    return {
        "intervention": artefact.step.change,
        "strength": artefact.step.strength,
        "transform": None if used is None else asdict(used),
    }


def from_notes(kept: Mapping[str, Any], shape: tuple[int, ...]) -> WholeChange:
    """Restore what `notes` kept.

    Parameters
    ----------
    kept : mapping of str to JSON values
        Attributes of a result.
    shape : tuple of int
        (c, h, w) of the network's inputs.

    Returns
    -------
    WholeChange

    """
    step = Step(kept["intervention"], float(kept["strength"]))
    return of(step, shape, Transform.of(kept["transform"]))
