"""Groups: the images of each class that interventions change."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.images import sampling
from unhans.images.dataset import ClassDataset
from unhans.images.sampling import HeldOut
from unhans.images.transform import Transform
from unhans.io.store import Result
from unhans.types import Array


@dataclass(frozen=True)
class Group:
    """Images of one class, read when they are asked for.

    Parameters
    ----------
    class_id, name : str
        Id of the class, and its name for people.
    output : int
        Of the network, for the class.
    read : callable
        Returns images (n, c, h, w), uint8 or float, as people see them; see `pixels.as_display`. Given
        places among them, returns these alone. Images that cannot be read are left out.
    size : int
        Number of images.
    held_out : bool
        They are none that the network was trained on, as far as is known.
    relevance : ndarray of float, shape (n, h, w), or None
        Their heatmaps.
    rows : ndarray of int, shape (size,), or None
        Their rows in the listing of the class; None of images that are in memory.

    """

    class_id: str
    name: str
    output: int
    read: Callable[..., Array]
    size: int
    held_out: bool = True
    relevance: NDArray[np.floating] | None = None
    rows: NDArray[np.int64] | None = None


def of_arrays(
    images: Array,
    label: NDArray[np.integer],
    names: Mapping[str, str],
    *,
    relevance: NDArray[np.floating] | None = None,
    held_out: bool = True,
) -> list[Group]:
    """Make groups of images that are in memory.

    Parameters
    ----------
    images : ndarray, shape (n, c, h, w)
        uint8, or floats from 0 to 1, as people see them.
    label : ndarray of int, shape (n,)
        Output of the network of each image's class.
    names : mapping of str to str
        Name by id of each class, in the order of the network's outputs.
    relevance : ndarray of float, shape (n, h, w), optional
        Heatmaps of the images.
    held_out : bool
        The network was not trained on them.

    Returns
    -------
    list of Group
        Of the classes that have images.

    """
    groups = []
    for output, (class_id, name) in enumerate(names.items()):
        own = np.flatnonzero(label == output)
        if len(own):
            seen = None if relevance is None else relevance[own]
            read = partial(_taken, images, own)
            groups.append(Group(class_id, name, output, read, len(own), held_out, seen))
    return groups


def of_corpus(
    results: Mapping[str, Result],
    root: Path | None,
    transform: Transform | None,
    *,
    held_out: HeldOut | None,
    images: int,
    seed: int,
    splits: Collection[str] = (),
) -> list[Group]:
    """Choose images of each class of a corpus that its network was not trained on.

    Parameters
    ----------
    results : mapping of str to Result
        Results of the corpus stage by class.
    root : Path or None
        Folder of the image files; None for digits.
    transform : Transform or None
        Of the network; None for digits.
    held_out : HeldOut or None
        Images that a network was not fine-tuned on. Otherwise digits say so themselves, and of
        photographs it is those of a split named as one of `sampling.HELD_OUT`.
    images : int
        Most images of each class.
    seed : int
        Of their choice.
    splits : collection of str
        Splits of photographs that they are taken of; none for those that were held out.

    Returns
    -------
    list of Group
        Of classes with images. Where a class has none that was held out, any of its images are taken,
        and the group says so; of ``splits`` that it has no image in, none.

    """
    groups = []
    for class_id, result in results.items():
        if result.attributes["status"] != "ok":
            continue
        own = ClassDataset(result, root)
        known = sampling.not_trained_on(own, held_out)
        kept = _kept(own, known, splits)
        rows = own.readable[kept]
        random = np.random.default_rng([seed, own.index])
        chosen = sampling.some(random, rows, images)
        if len(chosen):
            read = partial(_read, own, transform, chosen)
            name = result.attributes["name"]
            size, held = len(chosen), bool(known[kept].all())
            groups.append(Group(class_id, name, own.index, read, size, held, rows=chosen))
    return groups


def _kept(
    own: ClassDataset, known: NDArray[np.bool_], splits: Collection[str]
) -> NDArray[np.bool_]:
    """Which of the images that can be read are changed; those of digits have no splits."""
    if splits and own.root is not None:
        return np.array([own.rows[row].split in splits for row in own.readable], dtype=bool)
    return known if known.any() else np.ones_like(known)


def with_givers(
    class_id: str,
    results: Mapping[str, Result],
    root: Path | None,
    transform: Transform | None,
    *,
    held_out: HeldOut | None,
    images: int,
    seed: int,
    splits: Collection[str] = (),
) -> tuple[Group, list[Group]]:
    """Choose images of a class, and of those that give to it.

    Parameters
    ----------
    class_id : str
        The class.
    results : mapping of str to Result
        Results of the corpus stage of these classes.
    root : Path or None
        Folder of the image files; None for digits.
    transform : Transform or None
        Of the network; None for digits.
    held_out : HeldOut or None
        See `of_corpus`.
    images : int
        Most images of each class.
    seed : int
        Of their choice.
    splits : collection of str
        See `of_corpus`.

    Returns
    -------
    group : Group
        Of the class.
    givers : list of Group
        Of the others that have images, in their order.

    Raises
    ------
    InputError
        The class has no image.

    """
    chosen = of_corpus(
        *(results, root, transform), held_out=held_out, images=images, seed=seed, splits=splits
    )
    found = {group.class_id: group for group in chosen}
    if class_id not in found:
        of = f" of the splits {', '.join(splits)} (interventions.splits)" if splits else ""
        raise InputError(f"class {class_id}: no image{of} to change; expected some")
    return found.pop(class_id), list(found.values())


def _taken(images: Array, rows: NDArray[np.int64], at: NDArray[np.integer] | None = None) -> Array:
    """Images of a class, or some of them."""
    return images[rows if at is None else rows[at]]


def _read(
    own: ClassDataset,
    transform: Transform | None,
    rows: NDArray[np.int64],
    at: NDArray[np.integer] | None = None,
) -> Array:
    """Read images as people see them, all channels that the network is given."""
    read = []
    for row in (rows if at is None else rows[at]).tolist():
        with suppress(InputError):  # its class says so
            read.append(own.input(row, transform))
    inputs = np.stack(read) if read else np.zeros((0, *own.input_shape(transform)), np.float32)
    if transform is None or not read:
        return inputs
    shown = np.stack([transform.shades(one) for one in inputs])
    return np.asarray(np.rint(shown).clip(0, 255), dtype=np.uint8)
