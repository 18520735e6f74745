"""Image reader: reads the images of a class in threads, one batch ahead of the one explained."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform


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
        Threads.

    """

    def __init__(self, dataset: ClassDataset, transform: Transform | None, workers: int) -> None:
        self._dataset, self._transform = dataset, transform
        self.shape = dataset.input_shape(transform)
        """Of one input: (c, h, w)"""
        self._pool = ThreadPoolExecutor(workers, "reader")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def batches(self, batches: Sequence[NDArray[np.int64]]) -> Iterator[ImageBatch]:
        """Read batch after batch.

        Parameters
        ----------
        batches : sequence of ndarray of int, shape (n,)
            Rows of the class, a batch each.

        Yields
        ------
        ImageBatch
            While it is used, the next one is read.

        """
        ahead: deque[list[Future[NDArray[np.float32] | str]]] = deque()
        for batch in batches:
            ahead.append([self._pool.submit(self._read, int(row)) for row in batch])
            if len(ahead) > 1:
                yield self._joined(ahead.popleft())
        if ahead:
            yield self._joined(ahead.popleft())

    def _read(self, row: int) -> NDArray[np.float32] | str:
        try:
            return self._dataset.input(row, self._transform)
        except InputError as error:
            return str(error)

    def _joined(self, futures: Sequence[Future[NDArray[np.float32] | str]]) -> ImageBatch:
        images = np.zeros((len(futures), *self.shape), dtype=np.float32)
        reasons = {}
        for place, future in enumerate(futures):
            found = future.result()
            if isinstance(found, str):
                reasons[place] = found
            else:
                images[place] = found
        return ImageBatch(images, reasons)
