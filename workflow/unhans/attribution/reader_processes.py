"""Reader processes: image files are read by processes that all classes of a job share.

Decoding holds the interpreter's lock for part of its time, so that more than a few threads read no
faster. The processes are those of torch's `DataLoader`, which hands arrays over in shared memory.
"""

import atexit
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from functools import lru_cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, Sampler

from unhans.errors import InputError, StoreError
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform

PIECE = 8
"""Images that a process reads at a time: enough to hand over, few enough to share a class evenly."""

AHEAD = 2
"""Pieces of each worker that are read before they are asked for."""


Images = tuple[NDArray[np.float32], dict[int, str]]
"""Inputs of the network, (n, c, h, w), and by place why it cannot be given one, which is zeros then."""


Read = tuple[torch.Tensor, dict[int, str]] | str
"""As `Images`, in shared memory; or why the class cannot go on."""


class Piece(NamedTuple):
    """Images of a class for a process to read.

    Parameters
    ----------
    dataset : ClassDataset
        Of these images alone; see `piece`.
    transform : Transform
        Of the network.

    """

    dataset: ClassDataset
    transform: Transform


def piece(dataset: ClassDataset, transform: Transform, rows: Sequence[int]) -> Piece:
    """Cut images out of a class; what a process does not need is left out.

    Parameters
    ----------
    dataset : ClassDataset
        The class's images.
    transform : Transform
        Of the network.
    rows : sequence of int
        Of the class.

    Returns
    -------
    Piece

    """
    own = copy(dataset)
    own.rows = [dataset.rows[row] for row in rows]
    own.result = replace(dataset.result, arrays={"artefact": dataset.artefact[list(rows)]})
    return Piece(own, transform)


def inputs(dataset: ClassDataset, transform: Transform | None, rows: Sequence[int]) -> Images:
    """Read images as the network takes them, in this process.

    Parameters
    ----------
    dataset : ClassDataset
        The class's images.
    transform : Transform or None
        Of the network; None for digits.
    rows : sequence of int
        Of the class.

    Returns
    -------
    Images

    Raises
    ------
    StoreError
        An image file is gone, or has changed since it was listed.

    """
    images = np.zeros((len(rows), *dataset.input_shape(transform)), dtype=np.float32)
    reasons = {}
    for place, row in enumerate(rows):
        try:
            images[place] = dataset.input(row, transform)
        except InputError as error:
            reasons[place] = str(error)
    return images, reasons


def read(pieces: Sequence[Piece], processes: int) -> Iterator[Images]:
    """Read pieces in order; the next ones are read while one is used.

    Parameters
    ----------
    pieces : sequence of Piece
        Of one class.
    processes : int
        That read; they are started once and stay for the next class.

    Yields
    ------
    Images
        Of a piece.

    Raises
    ------
    StoreError
        An image file is gone, or has changed since it was listed.

    """
    loader, order = _loader(processes)
    order.pieces = pieces
    with _main_hidden():
        found = iter(loader)
    for one in found:
        if isinstance(one, str):
            raise StoreError(one)
        images, reasons = one
        yield images.numpy(), reasons


class _Order(Sampler[Piece]):
    """Gives the pieces of the class that is read now."""

    def __init__(self) -> None:
        self.pieces: Sequence[Piece] = ()

    def __iter__(self) -> Iterator[Piece]:
        return iter(self.pieces)

    def __len__(self) -> int:
        return len(self.pieces)


class _Files(Dataset[Read]):
    """Reads a piece, in a process of its own."""

    def __getitem__(self, asked: Piece) -> Read:
        try:
            images, reasons = inputs(*asked, range(len(asked.dataset.rows)))
        except StoreError as error:  # an error that the loader passes on is no longer one line
            return str(error)
        return torch.from_numpy(images), reasons


@lru_cache(maxsize=1)
def _loader(processes: int) -> tuple[DataLoader[Read], _Order]:
    """Give the loader that all classes of a job share."""
    # Not forked from this process, which has threads and perhaps a GPU: from a server without either.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    order = _Order()
    loader = DataLoader(
        _Files(),
        batch_size=None,
        sampler=order,
        num_workers=processes,
        collate_fn=_as_it_is,
        multiprocessing_context=context,
        prefetch_factor=AHEAD,
        persistent_workers=True,
    )
    return loader, order


atexit.register(_loader.cache_clear)  # ends the processes while their queues can still be closed


def _as_it_is(read: Any) -> Any:
    return read


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Hide the main module: a new process would import it, and run the job's script once more."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
