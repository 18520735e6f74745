"""Hosts: a few images of all classes that pieces of other classes' images are put into."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError, StoreError
from unhans.images.dataset import ClassDataset
from unhans.images.sampling import some
from unhans.images.transform import Transform
from unhans.io.store import Result


class Drawn(NamedTuple):
    """Images of several classes.

    Parameters
    ----------
    image : ndarray of float32, shape (k, c, h, w)
        Inputs of the network.
    target : ndarray of int64, shape (k,)
        Output of the network that each image's class has.
    origin : list of list of str
        Class, and path or name of each image.

    """

    image: NDArray[np.float32]
    target: NDArray[np.int64]
    origin: list[list[str]]


def draw(
    corpora: Mapping[str, Result],
    root: Path | None,
    transform: Transform | None,
    *,
    images: int,
    seed: int,
) -> Drawn:
    """Draw images, about as many of each class.

    Parameters
    ----------
    corpora : mapping of str to Result
        Results of the corpus stage of the classes to draw from, by class.
    root : Path or None
        Folder of the image files; None for digits.
    transform : Transform or None
        Of the network; None for digits.
    images : int
        Most images to draw.
    seed : int
        Of the draws.

    Returns
    -------
    Drawn
        As many of each class. An image that cannot be read or transformed is left out; none may be left.

    """
    random = np.random.default_rng([seed, 2])
    each = max(1, images // max(1, len(corpora)))
    found: list[tuple[NDArray[np.float32], int, list[str]]] = []
    for name, result in corpora.items():
        if result.attributes["status"] == "ok":
            dataset = ClassDataset(result, root)
            found += _inputs(name, dataset, some(random, dataset.readable, each), transform)
    if not found:
        return Drawn(np.zeros((0, 1, 1, 1), dtype=np.float32), np.zeros(0, dtype=np.int64), [])
    inputs, indices, origins = zip(*found, strict=True)
    return Drawn(np.stack(inputs), np.array(indices), list(origins))


def _inputs(
    name: str, dataset: ClassDataset, rows: NDArray[np.int64], transform: Transform | None
) -> list[tuple[NDArray[np.float32], int, list[str]]]:
    found = []
    for row in rows.tolist():
        try:
            given = dataset.input(row, transform)
        except (InputError, StoreError):
            continue  # its class says so
        listed = dataset.rows[row]
        found.append((given, dataset.index, [name, listed.path or listed.image]))
    return found
