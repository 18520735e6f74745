"""TIFF layouts: files whose samples Pillow does not know, read as a layout that it does.

The bytes of the samples stay; tags of a copy of the file say something else of them. A grey image with
opacity, of 16 bits each, is read as a grey one that is twice as wide; floating-point numbers of 16 and of
64 bits are read as other numbers of as many bytes. The samples are then put together again. Source: TIFF
6.0.
"""

import io
import struct
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from unhans.errors import InputError
from unhans.images.depth import Samples

WIDTH, HEIGHT, BITS, COMPRESSION, COLOUR, ORIENTATION = 256, 257, 258, 259, 262, 274
CHANNELS, PLANES, PREDICTOR, TILE, FURTHER, FORMAT = 277, 284, 317, 322, 338, 339
UNUSED = 65_000
"""Number of a tag that no reader knows."""

PACKED = frozenset((1, 5, 8, 32_773, 32_946, 34_925, 50_000))
"""Ways to compress that give the bytes back as they were."""

FLOATING = 3

_NATIVE = {"F;32BF": "F;32NF", "I;32BS": "I;32NS"}

_SIZES = {3: ("H", 2), 4: ("I", 4)}


class Layout(NamedTuple):
    """How the samples of a file are found in what Pillow reads.

    Parameters
    ----------
    columns : int
        That Pillow reads for each of the image's.
    tags : mapping of int to int
        What the copy says instead.
    samples : callable
        From Pillow's pixels, and whether the file begins with the upper bytes, to the samples.

    """

    columns: int
    tags: Mapping[int, int]
    samples: Callable[[NDArray[Any], bool], NDArray[Any]]


class Restated(io.BytesIO):
    """A copy of a TIFF file that says something else of its samples."""

    def __init__(self, content: bytes, layout: Layout, tags: Mapping[int, tuple[int, ...]]) -> None:
        super().__init__(content)
        self._layout, self._swapped = layout, content.startswith(b"MM")
        self._inverted = tags.get(COLOUR) == (0,)
        self.orientation = tags.get(ORIENTATION, (1,))[0]
        """As the file says; the copy says that the image is upright."""

    def samples(self, image: Any) -> Samples:
        """Take the samples of the file.

        Parameters
        ----------
        image : Image
            As Pillow opened the copy.

        Returns
        -------
        Samples

        """
        in_native_order(image)
        values = self._layout.samples(np.asarray(image), self._swapped)
        return Samples(values, inverted=self._inverted)


def readable(file: BinaryIO, max_pixels: int) -> BinaryIO:
    """Give the file, or a copy that Pillow can read.

    Parameters
    ----------
    file : file
        At its beginning, before and after.
    max_pixels : int
        Pictures of more pixels are refused.

    Returns
    -------
    file
        A `Restated` where the samples are of a layout of this module.

    Raises
    ------
    InputError
        It has too many pixels.

    """
    places = _places(file)
    tags = {tag: values for tag, (_, values) in places.items()}
    layout = _layout(tags)
    if layout is None:
        return file
    width, height = tags[WIDTH][0], tags[HEIGHT][0]
    if width * height > max_pixels:
        raise InputError(f"has {width} x {height} pixels, more than {max_pixels:,}")
    content = bytearray(file.read())
    file.seek(0)
    order = ">" if content[:2] == b"MM" else "<"
    changed = {**layout.tags, ORIENTATION: 1}
    for tag in (WIDTH, TILE):
        if tag in tags:
            changed[tag] = tags[tag][0] * layout.columns
    for tag, (place, _) in places.items():
        if tag == FURTHER:
            struct.pack_into(f"{order}H", content, place, UNUSED)
        elif tag in changed:
            struct.pack_into(f"{order}HHII", content, place, tag, 4, 1, changed[tag])
    return Restated(bytes(content), layout, tags)


def in_native_order(image: ImageFile.ImageFile) -> None:
    """Correct what Pillow takes the bytes of an opened TIFF file for, before they are loaded.

    libtiff, which unpacks them, gives numbers in the order of the machine, and Pillow 13 knows that of
    those of 16 bits alone.

    Parameters
    ----------
    image : ImageFile
        It is changed.

    """
    image.tile = [
        one._replace(args=(_NATIVE[one.args[0]], *one.args[1:]))
        if one.codec_name == "libtiff" and isinstance(one.args, tuple) and one.args[0] in _NATIVE
        else one
        for one in image.tile
    ]


def describe(file: BinaryIO) -> str:
    """Say how the samples of a TIFF file are laid out.

    Parameters
    ----------
    file : file
        At its beginning, before and after.

    Returns
    -------
    str
        Empty where the file is none.

    """
    tags = {tag: values for tag, (_, values) in _places(file).items()}
    if WIDTH not in tags:
        return ""
    channels, bits = tags.get(CHANNELS, (1,))[0], tags.get(BITS, (1,))[0]
    kinds = {1: "integers", 2: "signed integers", FLOATING: "floating-point numbers"}
    kind = kinds.get(tags.get(FORMAT, (1,))[0], "another kind of numbers")
    packed = f", compression {tags.get(COMPRESSION, (1,))[0]}"
    predicted = f", predictor {tags[PREDICTOR][0]}" if PREDICTOR in tags else ""
    return f"{channels} channel{'s' * (channels != 1)} of {bits} bits ({kind}{packed}{predicted})"


def _layout(tags: Mapping[int, tuple[int, ...]]) -> Layout | None:
    plain = tags.get(COMPRESSION, (1,))[0] in PACKED and tags.get(PREDICTOR, (1,))[0] == 1
    if not {WIDTH, HEIGHT, BITS} <= set(tags) or not plain or tags.get(COLOUR, (1,))[0] > 1:
        return None
    channels, kind = tags.get(CHANNELS, (1,))[0], tags.get(FORMAT, (1,))[0]
    same, bits = len(set(tags[BITS])) == 1, tags[BITS][0]
    if (channels, bits, kind, same) == (2, 16, 1, True) and tags.get(PLANES, (1,))[0] == 1:
        return Layout(2, {CHANNELS: 1, BITS: 16, FORMAT: 1}, _with_opacity)
    if (channels, bits, kind) == (1, 16, FLOATING):
        return Layout(1, {FORMAT: 1}, _half)
    if (channels, bits, kind) == (1, 64, FLOATING):
        return Layout(2, {BITS: 32, FORMAT: FLOATING}, _double)
    return None


def _with_opacity(found: NDArray[Any], _: bool) -> NDArray[Any]:
    grey = found[:, ::2]
    return np.stack([grey, grey, grey, found[:, 1::2]], axis=2)


def _half(found: NDArray[Any], _: bool) -> NDArray[Any]:
    return found.astype(np.uint16).view(np.float16).astype(np.float32)


def _double(found: NDArray[Any], swapped: bool) -> NDArray[Any]:
    """Join the halves of each number, which Pillow gives in the order of the file."""
    halves = np.ascontiguousarray(found).view(np.uint32).reshape(len(found), -1, 2)
    words = np.ascontiguousarray(halves[..., ::-1] if swapped else halves)
    return words.view(np.float64)[..., 0]


def _places(file: BinaryIO) -> dict[int, tuple[int, tuple[int, ...]]]:
    """Place of each tag of the first picture of a TIFF file, and its values where they are integers."""
    head = file.read(8)
    found: dict[int, tuple[int, tuple[int, ...]]] = {}
    try:
        if head[:4] in (b"II*\0", b"MM\0*"):
            order = ">" if head[:1] == b"M" else "<"
            start = struct.unpack(f"{order}I", head[4:])[0]
            file.seek(start)
            (count,) = struct.unpack(f"{order}H", file.read(2))
            entries = file.read(12 * count)
            for at in range(0, 12 * count, 12):
                tag, form, length = struct.unpack_from(f"{order}HHI", entries, at)
                found[tag] = (start + 2 + at, _values(file, order, form, length, entries[at + 8 :]))
    except (struct.error, OSError, OverflowError):
        found = {}
    file.seek(0)
    return found


def _values(file: BinaryIO, order: str, form: int, length: int, inline: bytes) -> tuple[int, ...]:
    """Values of a tag that has few integers; none of others."""
    if form not in _SIZES or length > 16:
        return ()
    letter, size = _SIZES[form]
    if length * size > 4:
        file.seek(struct.unpack_from(f"{order}I", inline)[0])
        inline = file.read(length * size)
    return struct.unpack_from(f"{order}{length}{letter}", inline)
