"""Gathering: the images of a corpus that a denoiser is trained on, and some that it is measured on."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.images import sampling
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io.store import Result

SHARE = 0.2
"""Of a class's images that are held out where none of its splits is; see `sampling.HELD_OUT`."""


class Gathered(NamedTuple):
    """Images as people see them.

    Parameters
    ----------
    training, held_out : ndarray of uint8, shape (n, c, h, w)
        The part of each image that its network is given; c is 1 or 3.

    """

    training: NDArray[np.uint8]
    held_out: NDArray[np.uint8]


def gather(
    corpora: Mapping[str, Result],
    *,
    root: Path | None,
    transform: Transform | None,
    images: int,
    held_out: int = 10,
    leave_out: Collection[str] = (),
    seed: int = 0,
) -> Gathered:
    """Read images of all classes, about as many of each.

    Parameters
    ----------
    corpora : mapping of str to Result
        Results of the corpus stage by class.
    root : Path or None
        Folder of the image files; None for digits.
    transform : Transform or None
        Of the network; None for digits.
    images, held_out : int
        Most images of a class to train on, and to measure on.
    leave_out : collection of str
        Classes whose images are not clean, and not used.
    seed : int
        Of the choice.

    Returns
    -------
    Gathered

    Raises
    ------
    InputError
        No class is left, or one of the two parts holds no image.
    StoreError
        An image file has changed since the manifest was made.

    """
    random = np.random.default_rng([seed, 6])
    parts: tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]] = ([], [])
    for _name, result in ((name, corpora[name]) for name in corpora if name not in leave_out):
        if result.attributes["status"] != "ok":
            continue
        dataset = ClassDataset(result, root)
        held = sampling.of_held_out_split(dataset, dataset.readable)
        if not held.any():
            held = sampling.held_out(len(dataset.readable), SHARE, seed)
        for part, own, most in zip(parts, (~held, held), (images, held_out), strict=True):
            rows = sampling.some(random, dataset.readable[own], most)
            part += [_planes(dataset.shown(int(row), transform)) for row in rows]
    if not all(parts):
        raise InputError(
            f"{len(corpora)} classes less those of restoration.leave_out hold {len(parts[0])} images to "
            f"train a denoiser on and {len(parts[1])} that are held out; expected some of each"
        )
    return Gathered(*(np.stack(part) for part in parts))


def _planes(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colours first; of grey images one."""
    return image[None] if image.ndim == 2 else np.ascontiguousarray(image.transpose(2, 0, 1))
