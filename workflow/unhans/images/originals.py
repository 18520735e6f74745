"""Originals: an image as its file holds it, at the sizes that its properties are measured at."""

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unhans.images import dataset as datasets
from unhans.images import file_facts
from unhans.images.dataset import ClassDataset
from unhans.images.decoding import MAX_PIXELS
from unhans.images.file_facts import FileFacts

WHOLE = 256
"""The whole image is reduced by whole numbers while its longer side keeps so many pixels."""

NATIVE = 512
"""Side of the middle of the image that is looked at pixel by pixel."""

SEEN = 224
"""Side of the view that stands for a network's."""

SMALL = 32
"""Side of the grey image that near-duplicates are compared by."""


class Original(NamedTuple):
    """One image.

    Parameters
    ----------
    width, height : int
        Of the decoded image, upright.
    whole : ndarray of uint8, shape (h, w, 3)
        All of it, reduced.
    native : ndarray of uint8, shape (h, w, 3)
        Its middle as it is, at most `NATIVE` pixels a side.
    seen : ndarray of uint8, shape (s, s, 3)
        The square in its middle that networks are given, planted marks included.
    small : ndarray of uint8, shape (SMALL, SMALL)
        All of it in grey, squeezed into a square.
    digest : bytes
        Of size and pixels: the first 16 bytes of SHA-256.
    name : str
        Of its file, without the folder; empty of a digit.
    facts : FileFacts or None
        None of a digit.

    """

    width: int
    height: int
    whole: NDArray[np.uint8]
    native: NDArray[np.uint8]
    seen: NDArray[np.uint8]
    small: NDArray[np.uint8]
    digest: bytes
    name: str
    facts: FileFacts | None


def read(dataset: ClassDataset, row: int, seen: float) -> Original:
    """Read an image of a class.

    Parameters
    ----------
    dataset : ClassDataset
        The class's images.
    row : int
        Of the class.
    seen : float
        Side of the square that networks are given, as a share of the shorter side. A digit is seen whole.

    Returns
    -------
    Original

    Raises
    ------
    StoreError
        The file is gone, or has changed since it was listed.

    """
    image, file = datasets.original(dataset, row)
    colour = image.convert("RGB")
    view = colour if file is None else _seen(dataset, row, colour, seen)
    factor = max(1, max(colour.size) // WHOLE)
    digest = hashlib.sha256(f"{colour.size}".encode() + colour.tobytes()).digest()[:16]
    return Original(
        *colour.size,
        whole=np.asarray(colour.reduce(factor) if factor > 1 else colour),
        native=np.asarray(_cut(colour, NATIVE)),
        seen=np.asarray(view),
        small=small(image),
        digest=digest,
        name="" if file is None else file.name,
        facts=None
        if file is None
        else file_facts.read(file, max(MAX_PIXELS, colour.width * colour.height)),
    )


def thumbnail(dataset: ClassDataset, row: int, side: int) -> NDArray[np.uint8]:
    """Read a whole image as a small picture.

    Parameters
    ----------
    dataset : ClassDataset
        The class's images.
    row : int
        Of the class.
    side : int
        Pixels of the longer side. Digits are enlarged by whole numbers.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)

    Raises
    ------
    StoreError
        The file is gone, or has changed since it was listed.

    """
    image, _ = datasets.original(dataset, row)
    colour, longest = image.convert("RGB"), max(image.size)
    factor = side // longest if longest <= side else side / longest
    size = (max(1, round(colour.width * factor)), max(1, round(colour.height * factor)))
    smooth = Image.Resampling.NEAREST if longest <= side else Image.Resampling.BILINEAR
    return np.asarray(colour.resize(size, smooth))


def square(dataset: ClassDataset, row: int, seen: float, side: int) -> NDArray[np.uint8]:
    """Read the square in the middle of an image, as networks are given it, as a small picture.

    Parameters
    ----------
    dataset : ClassDataset
        The class's images.
    row : int
        Of the class.
    seen : float
        Side of the square, as a share of the shorter side.
    side : int
        Pixels of the picture's sides.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)

    Raises
    ------
    StoreError
        The file is gone, or has changed since it was listed.

    """
    image, _ = datasets.original(dataset, row)
    view = _seen(dataset, row, image.convert("RGB"), seen)
    return np.asarray(view.resize((side, side), Image.Resampling.BILINEAR))


def _seen(dataset: ClassDataset, row: int, colour: Image.Image, seen: float) -> Image.Image:
    """Cut what networks are given, with the marks that are planted."""
    return datasets.marked(dataset, row, middle(colour, seen * min(colour.size), SEEN))


def middle(image: Image.Image, side: float, pixels: int) -> Image.Image:
    """Cut the square in the middle of an image, and resize it.

    Parameters
    ----------
    image : Image
        Of any mode.
    side : float
        Of the square, in pixels of the image.
    pixels : int
        Side of the result.

    Returns
    -------
    Image
        (pixels, pixels).

    """
    left, top = ((length - side) / 2 for length in image.size)
    box = (left, top, left + side, top + side)
    return image.resize((pixels, pixels), Image.Resampling.BILINEAR, box=box)


def small(image: Image.Image) -> NDArray[np.uint8]:
    """Squeeze an image into a small grey square, as ``imagehash.phash`` does.

    Parameters
    ----------
    image : Image
        Of any mode.

    Returns
    -------
    ndarray of uint8, shape (SMALL, SMALL)

    """
    return np.asarray(image.convert("L").resize((SMALL, SMALL), Image.Resampling.LANCZOS))


def _cut(image: Image.Image, most: int) -> Image.Image:
    """Cut the middle of an image, on the grid of eight pixels that JPEG lays from its corner."""
    if max(image.size) <= most:
        return image
    width, height = (min(length, most) for length in image.size)
    left, top = (
        (length - own) // 16 * 8 for length, own in zip(image.size, (width, height), strict=True)
    )
    return image.crop((left, top, left + width, top + height))
