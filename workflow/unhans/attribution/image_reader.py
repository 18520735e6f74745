"""Image reader: reads the images of a class in batches, the next ones while one is explained."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray

from unhans.attribution import reader_processes
from unhans.attribution.reader_processes import AHEAD, PIECE, Images
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform

THREADS = 3
"""Most workers that are threads: two are 1.8 times as fast as one, many wait for each other."""


class ImageBatch(NamedTuple):
    """Images of a class, some of which the network cannot be given.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        Inputs of the network; zeros where there is a reason.
    reasons : dict of int to str
        By place in the batch: why an image cannot be given to the network.

    """

    images: NDArray[np.float32]
    reasons: dict[int, str]


class ImageReader:
    """Reads images of a class: ``with ImageReader(dataset, transform, workers) as reader:``.

    Parameters
    ----------
    dataset : ClassDataset
        The class's images.
    transform : Transform or None
        Of the network; None for digits.
    workers : int
        That read image files, at most one for each core of the machine: up to `THREADS` threads, more
        are processes (see `reader_processes`).
    pinned : bool
        Batches lie in memory that a GPU copies from directly.

    """

    def __init__(
        self,
        dataset: ClassDataset,
        transform: Transform | None,
        workers: int,
        pinned: bool = False,
    ) -> None:
        self._dataset, self._transform = dataset, transform
        self._workers = min(workers, os.cpu_count() or 1)
        self._pinned = pinned
        self.shape = dataset.input_shape(transform)
        """Of one input: (c, h, w)"""
        self._readers = ThreadPoolExecutor(min(self._workers, THREADS), "reader")
        self._joiner = ThreadPoolExecutor(1, "joiner")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._joiner.shutdown(cancel_futures=True)
        self._readers.shutdown(cancel_futures=True)

    def batches(self, batches: Sequence[NDArray[np.int64]]) -> Iterator[ImageBatch]:
        """Read batch after batch.

        Parameters
        ----------
        batches : sequence of ndarray of int, shape (n,)
            Rows of the class, a batch each.

        Yields
        ------
        ImageBatch
            While it is used, the next ones are read.

        Raises
        ------
        StoreError
            An image file is gone, or has changed since it was listed.

        """
        pieces = [
            [batch[start : start + PIECE].tolist() for start in range(0, len(batch), PIECE)]
            for batch in batches
        ]
        found = self._read([rows for batch in pieces for rows in batch])
        ahead: deque[Future[ImageBatch]] = deque()
        for batch in pieces:
            ahead.append(self._joiner.submit(self._joined, [len(rows) for rows in batch], found))
            if len(ahead) > 1:
                yield ahead.popleft().result()
        if ahead:
            yield ahead.popleft().result()

    def _read(self, pieces: Sequence[list[int]]) -> Iterator[Images]:
        """Read pieces in order, some of them before they are asked for."""
        dataset, transform = self._dataset, self._transform
        if self._workers <= THREADS or dataset.root is None or transform is None:
            return self._by_threads(pieces)
        asked = [reader_processes.piece(dataset, transform, rows) for rows in pieces]
        return reader_processes.read(asked, self._workers)

    def _by_threads(self, pieces: Sequence[list[int]]) -> Iterator[Images]:
        read = partial(reader_processes.inputs, self._dataset, self._transform)
        ahead: deque[Future[Images]] = deque()
        for rows in pieces:
            ahead.append(self._readers.submit(read, rows))
            if len(ahead) > AHEAD * self._workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def _joined(self, sizes: Sequence[int], found: Iterator[Images]) -> ImageBatch:
        """Join the next pieces, whose sizes are given, to a batch."""
        shape = sum(sizes), *self.shape
        images = torch.empty(shape, dtype=torch.float32, pin_memory=self._pinned).numpy()
        reasons: dict[int, str] = {}
        start = 0
        for size in sizes:
            read, own = next(found)
            images[start : start + size] = read
            reasons |= {start + place: reason for place, reason in own.items()}
            start += size
        return ImageBatch(images, reasons)
