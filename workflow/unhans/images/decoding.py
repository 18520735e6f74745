"""Decoding: one image file to RGB pixels, or the reason why it gives none.

The pixels are Pillow's, as torchvision's loaders see them, except for samples of more than 8 bits, which
`depth` scales, and DICOM files, which `dicom` reads. Transparency is dropped unless it is asked for. Of
an animation or of many pages, the first is taken.

Pillow and the libraries under it report on a file by warnings, log lines and on standard error. All of
that is silenced here: a file either gives its pixels or one reason.
"""

import ctypes
import hashlib
import logging
import os
import stat
import threading
import warnings
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

# The plugins register their formats; Pillow's own search for them would import forty more.
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
    _imaging,
)

from unhans.errors import InputError
from unhans.images import deep, dicom, tiff_layouts
from unhans.images.depth import AUTO, Levels, Samples, scale

FORMATS = tuple(
    plugin.format
    for plugin in (
        JpegImagePlugin.JpegImageFile,  # MPO too, the first of its pictures
        PngImagePlugin.PngImageFile,
        BmpImagePlugin.BmpImageFile,
        GifImagePlugin.GifImageFile,
        TiffImagePlugin.TiffImageFile,
        WebPImagePlugin.WebPImageFile,
        PpmImagePlugin.PpmImageFile,
    )
)
"""Formats that are tried, by content and never by suffix: only rasters, none that is interpreted."""

MAX_PIXELS = 89_478_485
"""Pixels from which Pillow warns of decompression bombs: 256 MiB of RGB."""

_KINDS = (
    (stat.S_ISDIR, "folder"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)

_ORIENTATION = 0x0112  # the tag's number in EXIF

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# A logger without any handler would write errors to standard error.
for _name in ("PIL", "pydicom"):
    logging.getLogger(_name).addHandler(logging.NullHandler())

# libtiff writes to standard error from C. Pillow offers no way to stop it, so this calls the library
# that Pillow loaded. Where it is linked in another way, damaged TIFF files still write there.
with suppress(AttributeError, OSError, TypeError):
    ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)


@dataclass(frozen=True, eq=False)
class Decoded:
    """An image file as it was read.

    Parameters
    ----------
    image : Image
        Of mode RGB, or RGBA where opacity was asked for; in memory, without metadata.
    sha256 : str
        Of the file's bytes.
    guessed : int
        Bits of each sample, where the file has more than 8 and does not say how many; else 0.
    remark : str
        On a few pixels that lie above all others; see `depth.Scaled`.
    likely : int
        Bits of the others; see `depth.Scaled`.

    """

    image: Image.Image
    sha256: str
    guessed: int = 0
    remark: str = ""
    likely: int = 0


class _Quiet:
    """Suppresses Pillow's warnings and raises its limit of pixels while any thread reads.

    ``warnings.catch_warnings`` alone is not enough: threads that leave it in another order than they
    entered restore each other's filters.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers = 0
        self._undo = ExitStack()

    def enter(self, max_pixels: int) -> None:
        """Suppress warnings, and let Pillow accept images of ``max_pixels``."""
        with self._lock:
            if not self._readers:
                self._undo.enter_context(warnings.catch_warnings())
                warnings.filterwarnings("ignore", module=r"(PIL|pydicom)\.")
                self._undo.callback(setattr, Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
            self._readers += 1
            if Image.MAX_IMAGE_PIXELS is not None:
                Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, max_pixels)

    def leave(self) -> None:
        """Restore everything once the last reader is done."""
        with self._lock:
            self._readers -= 1
            if not self._readers:
                self._undo.close()


_QUIET = _Quiet()

T = TypeVar("T")


def look(
    path: str | os.PathLike[str], at: Callable[[ImageFile.ImageFile], T], max_pixels: int
) -> T | None:
    """Look at the header of an image file without decoding its pixels.

    Parameters
    ----------
    path : str or path
        Of a file that `read` has read.
    at : callable
        From the opened image to what is asked of it.
    max_pixels : int
        See `read`.

    Returns
    -------
    any, or None
        What ``at`` returns; None of a DICOM file.

    Raises
    ------
    InputError
        The file gives no image.

    """
    size = _size(path)
    _QUIET.enter(max_pixels)
    try:
        with open(path, "rb") as file:
            if dicom.is_dicom(file):
                return None
            return at(_opened(tiff_layouts.readable(file, max_pixels), max_pixels))
    except InputError:
        raise
    except Exception as error:  # a damaged file fails in many ways
        raise InputError(_reason(error, size, max_pixels)) from error
    finally:
        _QUIET.leave()


def read(
    path: str | os.PathLike[str],
    upright: bool = True,
    max_pixels: int = MAX_PIXELS,
    opacity: bool = False,
    levels: Levels = AUTO,
) -> Decoded:
    """Decode an image file in full.

    Parameters
    ----------
    path : str or path
        Of the file. Anything but a regular file is refused before it is opened.
    upright : bool
        Turn the image as its EXIF orientation says. Pillow always turns TIFF files.
    max_pixels : int
        Images of more pixels are refused before they are decoded.
    opacity : bool
        Keep the opacity of each pixel, for networks of four channels.
    levels : Levels
        How samples of more than 8 bits become 256 levels.

    Returns
    -------
    Decoded

    Raises
    ------
    InputError
        The file gives no image; the message is a short reason without the path.

    """
    size = _size(path)
    _QUIET.enter(max_pixels)
    try:
        with open(path, "rb") as file:
            if dicom.is_dicom(file):
                image, said = dicom.read(file, max_pixels, levels), (0, "", 0)
            else:
                image, said = _decoded(file, upright, max_pixels, opacity, levels)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return Decoded(image, digest, *said)
    except InputError:
        raise
    except Exception as error:  # a damaged file fails in many ways
        raise InputError(_reason(error, size, max_pixels)) from error
    finally:
        _QUIET.leave()


def _size(path: str | os.PathLike[str]) -> int:
    """Count the bytes of a regular file. It is not opened: opening a pipe may wait for ever."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise InputError("broken link" if os.path.islink(path) else "no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(_reason(error, 0, 0)) from error
    for is_kind, kind in _KINDS:
        if is_kind(status.st_mode):
            raise InputError(f"no regular file ({kind})")
    if not status.st_size:
        raise InputError("empty file")
    return status.st_size


def _decoded(
    file: BinaryIO, upright: bool, max_pixels: int, opacity: bool, levels: Levels
) -> tuple[Image.Image, tuple[int, str, int]]:
    """Pixels, and what `Decoded` says of them."""
    source = tiff_layouts.readable(file, max_pixels)
    opened = _opened(source, max_pixels)
    image: Image.Image = opened
    if isinstance(source, tiff_layouts.Restated):
        samples: Samples | None = source.samples(opened)
        turn = _TURNS.get(source.orientation)
    else:
        samples = deep.load(opened, file)
        # After loading: PNG may keep EXIF behind the pixels, and TIFF has turned itself by then.
        turn = _TURNS.get(_orientation(image)) if upright else None
    if not opacity:
        # A transparent colour changes no pixel, but one that fits its palette ill would stop Pillow.
        image.info.pop("transparency", None)
    if samples is None and levels.window is not None:
        samples = deep.grey(image)
    if samples is not None:
        scaled = scale(samples, levels)
        image = Image.fromarray(scaled.levels)
        said = (scaled.bits * scaled.guessed, scaled.remark, scaled.likely)
    else:
        image, remark = deep.unscaled(image, file)
        said = (0, remark, 0)
    converted = image.convert("RGBA" if opacity else "RGB")
    converted.info = {}
    return (converted if turn is None else converted.transpose(turn)), said


def _opened(file: BinaryIO, max_pixels: int) -> ImageFile.ImageFile:
    """Read the header; an image of too many pixels, or of none, goes no further."""
    try:
        image = Image.open(file, formats=FORMATS)
        width, height = image.size
    except Image.DecompressionBombError:
        width, height = _declared(file)
    except UnidentifiedImageError:
        file.seek(0)
        layout = tiff_layouts.describe(file)
        if not layout:
            raise
        raise InputError(f"a TIFF file of {layout}, which cannot be read") from None
    if not width * height:
        raise InputError(f"has {width} x {height} pixels")
    # Of a copy with more columns the pixels were counted before.
    if width * height > max_pixels and not isinstance(file, tiff_layouts.Restated):
        raise InputError(f"has {width} x {height} pixels, more than {max_pixels:,}")
    return image


def _declared(file: BinaryIO) -> tuple[int, int]:
    """Read width and height from the header of an image that Pillow refuses as a bomb."""
    for name in FORMATS:
        factory, accept = Image.OPEN[name]
        file.seek(0)
        if accept is None or accept(file.read(16)):
            file.seek(0)
            with suppress(SyntaxError):
                return factory(file, "").size
    raise Image.DecompressionBombError


def _orientation(image: Image.Image) -> int:
    """Read the EXIF orientation; 1, upright, where there is none or the EXIF data are damaged."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF raises many kinds of errors
        return 1


def _reason(error: Exception, size: int, max_pixels: int) -> str:
    """Give the reason why a file gave no image, on one line and without the path."""
    text = " ".join(str(error).split())
    if isinstance(error, UnidentifiedImageError):
        return "no image that can be read (unknown format or damaged header)"
    if isinstance(error, Image.DecompressionBombError):
        return f"has more than {max_pixels:,} pixels"
    if isinstance(error, MemoryError):
        return "no image that can be read (not enough memory)"
    if isinstance(error, OSError) and error.errno is not None:
        return f"cannot be read ({error.strerror or text})"
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return f"truncated after {size:,} bytes"
    # Pillow's own messages are readable; other errors come from its parsers, such as int().
    if not isinstance(error, OSError | SyntaxError) and "too large" not in text:
        text = "damaged"
    if len(text) > 100:
        text = f"{text[:97]}..."
    return f"no image that can be read ({text or type(error).__name__})"
