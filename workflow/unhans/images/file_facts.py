"""File facts: what the header of an image file says, which no network sees."""

import math
import os
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile, JpegImagePlugin

from unhans.images import decoding

_MAKE, _MODEL = 0x010F, 0x0110  # tags of EXIF

CAMERA_LENGTH = 60
"""Most characters of the name of a camera that are kept."""

_LUMINANCE = np.array(
    [
        *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
        *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
        *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
        *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
    ]
)
"""Luminance table of the JPEG standard (ITU-T T.81, table K.1), which encoders scale by the quality."""

_SAMPLING = {0: 1.0, 1: 2.0, 2: 4.0}
"""Samples of brightness for one of colour, by Pillow's code: 4:4:4, 4:2:2, 4:2:0."""


class FileFacts(NamedTuple):
    """What a file says of itself.

    Parameters
    ----------
    format : str
        ``JPEG``, ``PNG``, ...
    bytes : int
        Its length.
    mode : str
        Of the pixels, as Pillow names it: ``RGB``, ``L``, ``P``, ...
    camera : str
        Make and model of the EXIF data, printable; empty where they name none.
    exif, profile, opacity, progressive : bool
        Whether it has EXIF data, a colour profile, transparent pixels, and more than one pass.
    quality : float
        Of JPEG, by the luminance table; NaN of other formats. See `quality_of`.
    sampling : float
        Of JPEG: samples of brightness for one of colour; NaN where it has no colour or an unusual scheme.

    """

    format: str
    bytes: int
    mode: str
    camera: str = ""
    exif: bool = False
    profile: bool = False
    opacity: bool = False
    progressive: bool = False
    quality: float = math.nan
    sampling: float = math.nan


def read(path: str | os.PathLike[str], max_pixels: int = decoding.MAX_PIXELS) -> FileFacts:
    """Read what a file says of itself.

    Parameters
    ----------
    path : str or path
        Of an image file.
    max_pixels : int
        As in `decoding.read`.

    Returns
    -------
    FileFacts
        Of a DICOM file only format and bytes.

    Raises
    ------
    InputError
        The file gives no image.

    """
    length = os.stat(path).st_size
    found = decoding.look(path, _facts, max_pixels)
    return FileFacts("DICOM", length, "") if found is None else found._replace(bytes=length)


def quality_of(table: NDArray[np.int64]) -> float:
    """Find the quality whose scaled standard table is nearest to a luminance table.

    Parameters
    ----------
    table : ndarray of int, shape (64,)
        In any order: the sums of the tables are compared.

    Returns
    -------
    float
        From 1 to 100, as the encoder of the Independent JPEG Group counts it. Other encoders have tables
        of their own: the number then says how coarse theirs is.

    """
    return float(np.argmin(np.abs(_SUMS - int(np.sum(table)))) + 1)


def _scaled(quality: int) -> NDArray[np.int64]:
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    table: NDArray[np.int64] = np.clip((_LUMINANCE * scale + 50) // 100, 1, 255)
    return table


_SUMS = np.array([_scaled(quality).sum() for quality in range(1, 101)])


def _facts(image: ImageFile.ImageFile) -> FileFacts:
    exif, camera = _exif(image)
    is_jpeg = isinstance(image, JpegImagePlugin.JpegImageFile)
    quality, sampling = _jpeg(image) if is_jpeg else (math.nan, math.nan)
    return FileFacts(
        format="JPEG"
        if is_jpeg
        else str(image.format),  # MPO, several pictures in one JPEG file, too
        bytes=0,
        mode=image.mode,
        camera=camera,
        exif=exif,
        profile="icc_profile" in image.info,
        opacity="A" in image.mode or "transparency" in image.info,
        progressive=bool(image.info.get("progressive")),
        quality=quality,
        sampling=sampling,
    )


def _exif(image: ImageFile.ImageFile) -> tuple[bool, str]:
    try:
        exif = image.getexif()
        named = " ".join(str(exif.get(tag, "")).strip("\0 ") for tag in (_MAKE, _MODEL))
        is_there = bool(exif) and image.format != "TIFF"  # whose own tags Pillow gives as EXIF
    except Exception:  # damaged EXIF raises many kinds of errors
        return True, ""
    printable = "".join(one if one.isprintable() else " " for one in named)
    return is_there, " ".join(printable.split())[:CAMERA_LENGTH].rstrip()


def _jpeg(image: ImageFile.ImageFile) -> tuple[float, float]:
    """Quality and sampling of a JPEG file."""
    quality = sampling = math.nan
    with suppress(Exception):  # a damaged header
        tables = getattr(image, "quantization", {})
        if 0 in tables:
            quality = quality_of(np.asarray(tables[0]))
        if image.mode != "L":
            sampling = _SAMPLING.get(JpegImagePlugin.get_sampling(image), math.nan)
    return quality, sampling
