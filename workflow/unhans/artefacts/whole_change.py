"""Whole change: an artefact that is a change of whole images, such as a closer framing or a tint.

Nearly all images of its class show it. It has no mask and no template: it is put into an image by
changing it, and taken out by the opposite change, where there is one. Noise and compression have none:
they are taken out by a denoiser, if the artefact is given one.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.artefacts.artefact import Artefact
from unhans.images.changes.catalogue import CHANGES, Step, changed
from unhans.images.transform import Transform, scaled
from unhans.types import Array

Restore = Callable[[Array], NDArray[np.float32]]
"""From images (n, c, h, w) as people see them, values from 0 to 1, to restored ones."""

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
    restore : callable, optional
        Takes the artefact out of images.

    """

    step: Step = NO_STEP
    transform: Transform | None = None
    restore: Restore | None = None

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

    @property
    def reversible(self) -> bool:
        """Whether anything takes it out of images."""
        return self.restore is not None or self.opposite is not None

    def taken_out(self, images: Array) -> NDArray[np.float32]:
        """Take the artefact out of images: by the denoiser, if it has one, else by the opposite change.

        Parameters
        ----------
        images : ndarray, shape (n, c, h, w)
            As `insert` takes them.

        Returns
        -------
        ndarray of float32, shape (n, c, h, w)
            The same images where nothing takes it out.

        Raises
        ------
        InputError
            The images cannot be changed, or the denoiser was trained on others.

        """
        if self.restore is not None:
            return self._shown(images, self.restore)
        back = self.opposite
        return np.asarray(images, dtype=np.float32) if back is None else back.insert(images)

    def _changed(self, images: Array, name: str) -> NDArray[np.float32]:
        return self._shown(images, lambda shown: changed(shown, Step(name, self.step.strength)))

    def _shown(self, images: Array, function: Restore) -> NDArray[np.float32]:
        """Inputs of the network after a function of images as people see them."""
        own = np.asarray(images, dtype=np.float32)
        if not len(own):
            return own
        if self.transform is None:
            return function(np.clip(own, 0, 1))
        shown = np.stack([self.transform.shades(one) for one in own]) / np.float32(255)
        return scaled(self.transform, function(np.clip(shown, 0, 1)))


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


def with_restore(artefact: Artefact, restore: Restore | None) -> Artefact:
    """Give an artefact what takes it out of images.

    Parameters
    ----------
    artefact : Artefact
        It stays as it is.
    restore : callable or None
        See `WholeChange`.

    Returns
    -------
    Artefact
        The same one where there is nothing to give, or it is no change of whole images.

    """
    if restore is None or not isinstance(artefact, WholeChange):
        return artefact
    return replace(artefact, restore=restore)


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
