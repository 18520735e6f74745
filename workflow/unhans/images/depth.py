"""Depth: from samples of more than 8 bits, integer or not, to the 256 levels of an image.

A file's container says how many bits a sample may have, not how many it has: detectors of 10 and 12
bits write files of 16. White is therefore, in this order: what the configuration says (``bits``, or a
``window`` as radiologists set it), what the file says (PNG's sBIT, PGM's largest value, TIFF's bits per
sample), or the largest value of the next usual depth. Opacity has a depth of its own. A few pixels far
above all others (burnt-in text, dead pixels) leave a remark, and are white where the configuration says
fewer bits.
"""

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError

USUAL = (8, 10, 12, 14, 16)
"""Depths that detectors and files have, in bits."""


@dataclass(frozen=True)
class Levels:
    """How samples of more than 8 bits become levels from 0 to 255.

    Parameters
    ----------
    bits : int, optional
        Depth of all such files, whatever they say themselves.
    least : int
        Fewest bits of a file that does not say its depth: those of its corpus.
    window : tuple of float, optional
        Centre and width: the values to ``centre - width / 2`` are black, those from ``centre +
        width / 2`` on white. It concerns all images, which must be grey.

    """

    bits: int | None = None
    least: int = USUAL[0]
    window: tuple[float, float] | None = None


AUTO = Levels()
"""The file says, or its largest value."""


class Samples(NamedTuple):
    """Samples of an image as its file holds them.

    Parameters
    ----------
    values : ndarray, shape (h, w) or (h, w, c)
        Integers or floating-point numbers; the fourth of four channels is opacity.
    bits : int
        Depth that the file says; 0 where it says none.
    inverted : bool
        The lowest value is white.
    has_upper : bool
        Pillow gives their upper 8 bits, which is what 16 bits are read as elsewhere.
    doubtful : int
        Bits that all but a few pixels seem to have, though the file is read as 16; 0 for none.

    """

    values: NDArray[Any]
    bits: int = 0
    inverted: bool = False
    has_upper: bool = False
    doubtful: int = 0


class Scaled(NamedTuple):
    """An image of 256 levels.

    Parameters
    ----------
    levels : ndarray of uint8, shape (h, w) or (h, w, c)
        From 0 to 255.
    bits : int
        Depth that was taken; 0 for a window.
    guessed : bool
        Nothing but the largest value of the file, and of its corpus, speaks for this depth.
    remark : str
        On a few pixels that lie above all others; "" for none.
    likely : int
        Bits that the others seem to have, where the configuration does not say; 0 for no such pixels.

    """

    levels: NDArray[np.uint8]
    bits: int
    guessed: bool
    remark: str = ""
    likely: int = 0


def scale(samples: Samples, levels: Levels) -> Scaled:
    """Scale samples to 256 levels.

    Parameters
    ----------
    samples : Samples
        Of an image.
    levels : Levels
        What the configuration says.

    Returns
    -------
    Scaled

    Raises
    ------
    InputError
        Values are not finite, do not fit the depth, or need a window.

    """
    values = samples.values
    if levels.window is not None:
        return Scaled(windowed(samples, *levels.window), 0, False)
    if values.dtype.kind == "f":
        raise InputError(
            "floating-point pixels; expected window, the values that are black and white, for its corpus"
        )
    colours = coloured(values)
    low, high = int(colours.min()), int(colours.max())
    if low < 0 or high > 65_535:
        raise InputError(
            f"integer pixels from {low:,} to {high:,}, which do not fit 16 bits; expected window for "
            "its corpus"
        )
    bits = levels.bits or samples.bits or max(guess(values), levels.least)
    above = stray(colours, 2**bits - 1)
    if high >= 2**bits and not above:
        raise InputError(f"pixels to {high:,}, more than the {2**bits - 1:,} of {bits} bits")
    guessed = not (levels.bits or samples.bits)
    note = _counted(f"pixels above the {2**bits - 1:,} of {bits} bits are white", above, colours)
    likely = 0
    if not levels.bits:
        likely = samples.doubtful or (_fewer(colours, bits) if guessed else 0)
        note = _doubt(colours, likely)
    if bits == 16 and samples.has_upper:
        return Scaled((values >> 8).astype(np.uint8), bits, guessed, note, likely)
    scaled = _table(bits, samples.inverted)[values]
    if values.ndim == 3 and values.shape[2] == 4 and int(values[..., 3].max()) >= 2**bits:
        scaled[..., 3] = values[..., 3] >> 8
    return Scaled(scaled, bits, guessed, note, likely)


def coloured(values: NDArray[Any]) -> NDArray[Any]:
    """Leave opacity out.

    Parameters
    ----------
    values : ndarray, shape (h, w) or (h, w, c)
        Samples; the fourth of four channels is opacity.

    Returns
    -------
    ndarray, shape (h, w) or (h, w, 3)

    """
    return values[..., :3] if values.ndim == 3 else values


def stray(values: NDArray[Any], white: NDArray[Any] | int) -> int:
    """Count the pixels above white if they are so few, or so far, that they seem no part of the picture.

    Parameters
    ----------
    values : ndarray of int, shape (h, w) or (h, w, c)
        Without opacity.
    white : int or ndarray of int, shape (c,)
        Largest value of the others.

    Returns
    -------
    int
        0 if there is none, or more than one in a hundred, or half where each is above twice white.

    """
    over = values > white
    pixels = over.any(axis=2) if over.ndim == 3 else over
    count = int(np.count_nonzero(pixels))
    if 2 * count > pixels.size:
        return 0
    few = 100 * count <= pixels.size
    far = (values > 2 * np.asarray(white))[over].all()
    return count if few or far else 0


def guess(values: NDArray[Any]) -> int:
    """Guess the depth of samples from the largest: the next usual one.

    Parameters
    ----------
    values : ndarray of int
        From 0 to 65,535; opacity does not count.

    Returns
    -------
    int
        Bits; 16 where the values are those of fewer bits spread over 16.

    """
    seen = coloured(values)
    top = int(seen.max())
    bits = next(bits for bits in USUAL if top < 2**bits)
    levels = np.unique(seen)
    spread = any(_spread(levels, fewer) for fewer in USUAL[:-1])
    return 16 if bits < 16 and spread else bits


def of_significant(values: NDArray[Any], significant: int) -> int:
    """Find the depth of samples of 16 bits of which so many are significant.

    The PNG specification wants them spread over 16 bits; many writers leave them as they were.

    Parameters
    ----------
    values : ndarray of int
        Samples without opacity.
    significant : int
        Bits that PNG's sBIT says.

    Returns
    -------
    int
        Bits.

    """
    levels = np.unique(values)
    if int(levels[-1]) >= 2**significant:
        return 16
    shifted = len(levels) > 4 and not (levels % 2 ** (16 - significant)).any()
    return 16 if shifted or _spread(levels, significant) else significant


def windowed(samples: Samples, centre: float, width: float) -> NDArray[np.uint8]:
    """Scale grey samples by a window, as the DICOM standard's function LINEAR_EXACT does.

    Parameters
    ----------
    samples : Samples
        Of a grey image.
    centre, width : float
        Of the window.

    Returns
    -------
    ndarray of uint8, shape (h, w)

    Raises
    ------
    InputError
        The image has colours, or values that are not finite.

    References
    ----------
    DICOM PS3.3, C.11.2.1.3.2.

    """
    values = samples.values.astype(np.float64)
    if values.ndim != 2:
        raise InputError("colours, which have no window; expected grey pixels")
    if not np.isfinite(values).all():
        raise InputError("pixels that are NaN or infinite")
    position = (values - centre) / width + 0.5
    levels = np.rint(255 * np.clip(position, 0, 1)).astype(np.uint8)
    return 255 - levels if samples.inverted else levels


def remark(bits: int, of_file: str = "", likely: int = 0) -> str:
    """Say in a manifest that a depth was guessed.

    Parameters
    ----------
    bits : int
        That was taken; 0 where none was guessed.
    of_file : str
        Remark of the file itself.
    likely : int
        Bits of the corpus but for some pixels; 0 if not known.

    Returns
    -------
    str

    """
    said = []
    if bits not in (0, 16):
        said.append(
            f"read as {bits} bits: no value of such a file of the corpus exceeds {2**bits - 1:,}"
        )
    if 0 < likely < bits and not of_file:
        said.append(
            f"read as {bits} bits for some pixels of the corpus alone; with bits: {likely} those are "
            "white and all such files brighter"
        )
    return "; ".join([*said, of_file] if of_file else said)


def kind(said: str) -> str:
    """Leave the numbers of a file out of a remark, so that remarks can be counted.

    Parameters
    ----------
    said : str
        Remark of a file.

    Returns
    -------
    str

    """
    return said.partition(" (")[0]


def _fewer(colours: NDArray[Any], bits: int) -> int:
    """Fewer bits that all but a few pixels seem to have; 0 for none."""
    for fewer in USUAL[: USUAL.index(bits)] if bits in USUAL else ():
        if stray(colours, 2**fewer - 1):
            levels = np.unique(colours[colours < 2**fewer])
            spread = any(_spread(levels, less) for less in USUAL[:-1])
            return fewer if len(levels) >= 4 and not spread else 0
    return 0


def _doubt(colours: NDArray[Any], fewer: int) -> str:
    said = (
        f"values look like {fewer} bits but for some pixels; with bits: {fewer} these are white and the "
        "others brighter"
    )
    return _counted(said, stray(colours, 2**fewer - 1), colours) if fewer else ""


def _counted(said: str, count: int, colours: NDArray[Any]) -> str:
    pixels = colours.shape[0] * colours.shape[1]
    return f"{said} ({count:,} of {pixels:,}, to {int(colours.max()):,})" if count else ""


def _spread(levels: NDArray[Any], bits: int) -> bool:
    """Whether levels are those of fewer bits spread over 16, by repeating bits or by a factor.

    Zeros shifted in are no sign of it: detectors write those in the middle of a container as well.
    """
    if len(levels) < 4:
        return False
    wide = levels.astype(np.int64)
    few = np.rint(wide * ((2**bits - 1) / 65_535)).astype(np.int64)
    factor = np.rint(few * (65_535 / (2**bits - 1))).astype(np.int64)
    top = wide >> (16 - bits)
    repeated = (top << (16 - bits)) | (top >> (2 * bits - 16))
    shifted = not (wide % 2 ** (16 - bits)).any()
    return not shifted and (np.array_equal(wide, factor) or np.array_equal(wide, repeated))


@functools.cache
def _table(bits: int, inverted: bool) -> NDArray[np.uint8]:
    """Make a table of 65,536 levels of 0 to 255 for integers of so many bits."""
    white = 2**bits - 1
    levels: NDArray[np.uint8] = (
        np.rint(255 * np.arange(65_536) / white).clip(max=255).astype(np.uint8)
    )
    return 255 - levels if inverted else levels
