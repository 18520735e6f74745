"""Sampling: rows, and images of other classes, drawn by chance; and the first image there is."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io.store import Result

HELD_OUT = ("val", "valid", "validation", "dev", "test", "held_out", "holdout")
"""Names of splits that a network is usually not trained on, in small letters."""


class HeldOut(NamedTuple):
    """Which photographs a network was not trained on; see `held_out`.

    Parameters
    ----------
    share : float
        Of the images of each class that are held out.
    seed : int
        Of their choice.

    """

    share: float
    seed: int

    @classmethod
    def of(cls, noted: Mapping[str, Any]) -> "HeldOut | None":
        """Read what the record of a network says.

        Parameters
        ----------
        noted : mapping of str to JSON values
            Attributes of the record.

        Returns
        -------
        HeldOut or None
            None where the network was not trained here.

        """
        found = noted.get("fine_tuning")
        return None if found is None else cls(found["validation"], found["seed"])


def others(
    class_id: str,
    corpora: Mapping[str, Result],
    root: Path | None,
    transform: Transform | None,
    images: int,
    seed: int,
) -> NDArray[np.float32]:
    """Read images of the other classes, about as many of each.

    Parameters
    ----------
    class_id : str
        The class whose images are left out.
    corpora : mapping of str to Result
        Results of the corpus stage by class. Of a lazy mapping, only the classes drawn are opened.
    root : Path or None
        Folder of the image files; None for digits.
    transform : Transform or None
        Of the network; None for digits.
    images : int
        Most images to read.
    seed : int
        Of the draws.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Inputs of the network. An image that cannot be transformed is left out.

    Raises
    ------
    InputError
        The other classes hold no image.
    StoreError
        An image file has changed since it was listed.

    """
    random = np.random.default_rng([seed, 1])
    names = [name for name in corpora if name != class_id]
    chosen = [names[place] for place in some(random, np.arange(len(names)), images)]
    each = -(-images // max(1, len(chosen)))
    found = []
    for result in (corpora[name] for name in chosen):
        if result.attributes["status"] == "ok":
            dataset = ClassDataset(result, root)
            found += [(dataset, int(row)) for row in some(random, dataset.readable, each)]
    read = []
    for dataset, row in (found[at] for at in some(random, np.arange(len(found)), images)):
        with suppress(InputError):  # its class says so
            read.append(dataset.input(row, transform))
    if not read:
        raise InputError(f"class {class_id}: the other classes hold no image to change")
    return np.stack(read)


def held_out(count: int, share: float, seed: int) -> NDArray[np.bool_]:
    """Choose images of a class that its network is not trained on.

    Parameters
    ----------
    count : int
        Images of the class that can be read.
    share : float
        Of them that are held out; at least one, and at least one is left.
    seed : int
        Of the choice.

    Returns
    -------
    ndarray of bool, shape (count,)

    """
    held = np.zeros(count, dtype=bool)
    most = min(max(1, round(share * count)), count - 1)
    held[np.random.default_rng([seed, 2]).permutation(count)[: max(0, most)]] = True
    return held


def some(random: np.random.Generator, rows: NDArray[np.integer], most: int) -> NDArray[np.int64]:
    """Draw rows by chance.

    Parameters
    ----------
    random : Generator
        It is not used where there are few rows.
    rows : ndarray of int, shape (n,)
        To draw from.
    most : int
        Most rows to draw.

    Returns
    -------
    ndarray of int, shape (m,)
        All rows, or ``most`` of them; sorted.

    """
    chosen = rows if len(rows) <= most else random.choice(rows, most, replace=False)
    return np.sort(chosen).astype(np.int64)


def evenly(n: int, most: int) -> NDArray[np.int64]:
    """Choose places that are evenly spread.

    Parameters
    ----------
    n : int
        Number of places.
    most : int
        Most places to choose.

    Returns
    -------
    ndarray of int, shape (m,)
        All places, or ``most`` of them; ascending.

    """
    count = min(most, n)
    return ((np.arange(count) + 0.5) * n / max(count, 1)).astype(np.int64)


def of_held_out_split(dataset: ClassDataset, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Find the images of splits that a network is usually not trained on.

    Parameters
    ----------
    dataset : ClassDataset
        Images of a class.
    rows : ndarray of int, shape (n,)
        Rows of the class.

    Returns
    -------
    ndarray of bool, shape (n,)
        Those of a split of `HELD_OUT`, by its name in any case.

    """
    return np.array([dataset.rows[row].split.lower() in HELD_OUT for row in rows], dtype=bool)


def not_trained_on(dataset: ClassDataset, fine_tuned: HeldOut | None) -> NDArray[np.bool_]:
    """Find the images that a network was not trained on, as far as that is known.

    Parameters
    ----------
    dataset : ClassDataset
        Images of a class.
    fine_tuned : HeldOut or None
        Images that the network was not fine-tuned on. Otherwise digits say so themselves, and of
        photographs it is those of a split of `HELD_OUT`.

    Returns
    -------
    ndarray of bool, shape (n,)
        Of the images that can be read.

    """
    if fine_tuned is not None:
        return held_out(len(dataset.readable), *fine_tuned)
    known = dataset.result.arrays.get("validation")
    if known is not None:
        return np.asarray(known[dataset.readable], dtype=bool)
    return of_held_out_split(dataset, dataset.readable)


def first_input(dataset: ClassDataset, transform: Transform | None) -> NDArray[np.float32]:
    """Read the first image of a class that can be read.

    Parameters
    ----------
    dataset : ClassDataset
        The class's images.
    transform : Transform or None
        Of the network.

    Returns
    -------
    ndarray of float32, shape (1, c, h, w)
        As the network takes it.

    Raises
    ------
    InputError
        None can be read.
    """
    fault = InputError("no image can be read")
    for row in dataset.readable:
        try:
            return dataset.input(int(row), transform)[None]
        except InputError as error:
            fault = error
    raise fault
