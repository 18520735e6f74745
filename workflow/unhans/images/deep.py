"""Deep images: samples of more than 8 bits out of the formats that Pillow opens.

Pillow keeps integers of grey images as they are, and of colours of 16 bits the upper 8. Those are read by
OpenCV, and planes of a TIFF file one by one.
"""

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, PngImagePlugin, PpmImagePlugin, TiffImagePlugin

from unhans.errors import InputError
from unhans.images import depth, tiff_layouts
from unhans.images.depth import Samples

DEEP = (PngImagePlugin.PngImageFile, PpmImagePlugin.PpmImageFile, TiffImagePlugin.TiffImageFile)
"""Formats that have colours of 16 bits a channel."""

COLOURS = ("LA", "RGB", "RGBA", "RGBX")
"""Modes of images whose samples of 16 bits Pillow would cut to 8."""


def load(image: ImageFile.ImageFile, file: BinaryIO) -> Samples | None:
    """Load an image, and its samples where they have more than 8 bits.

    Parameters
    ----------
    image : ImageFile
        As Pillow opened it; afterwards it is loaded, and a TIFF file is turned upright.
    file : file
        That it was opened from.

    Returns
    -------
    Samples or None
        None where Pillow's pixels are all that there is.

    Raises
    ------
    InputError
        Colours of 16 bits that cannot be read.

    """
    if isinstance(image, TiffImagePlugin.TiffImageFile) and len(image.getbands()) == 1:
        _forget_planes(image)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        tiff_layouts.in_native_order(image)
    deep_colours = isinstance(image, DEEP) and image.mode in COLOURS and "16" in _raw_mode(image)
    planes = deep_colours and image.tile[0].codec_name == "raw" and _is_planar(image)
    said, inverted, raw = _said(image, file), _is_inverted(image), _raw_mode(image)
    image.load()
    if planes:
        return Samples(_planes(image, file), said)
    if deep_colours:
        values = _colours(image, file)
        if values is None:
            return None
        samples = Samples(values, said, has_upper=True)
        return _of_png(samples, file) if _is_png(image) else samples
    if image.mode == "F":
        return Samples(np.asarray(image), inverted=inverted)
    _require_eight(image, raw)
    if not image.mode.startswith("I"):
        return None
    values = np.asarray(image.convert("I"))
    if _tag(image, TiffImagePlugin.BITSPERSAMPLE) == (32,) and _is_unsigned(image):
        values = values.view(np.uint32)  # Pillow's integers have a sign
    samples = Samples(values, said, inverted)
    return _of_png(samples, file) if _is_png(image) else samples


def grey(image: Image.Image) -> Samples:
    """Take the samples of a loaded image of 8 bits, for a window.

    Parameters
    ----------
    image : Image
        Loaded.

    Returns
    -------
    Samples
        Of three channels unless the image is grey.

    """
    if image.mode in ("1", "L", "LA"):
        return Samples(np.asarray(image.convert("L")), 8)
    return Samples(np.asarray(image.convert("RGB")), 8)


def unscaled(image: Image.Image, file: BinaryIO) -> tuple[Image.Image, str]:
    """Scale an image of 8 bits whose samples have fewer, as PNG's sBIT says, and were not scaled.

    The PNG specification wants samples scaled to 8 bits. Where none exceeds the significant bits, and
    they are not those of a dark image that was scaled, they were left as they are.

    Parameters
    ----------
    image : Image
        Loaded, of 8 bits.
    file : file
        That it was opened from.

    Returns
    -------
    Image
        The same unless it was scaled.
    str
        Remark where all but a few pixels have so few bits.

    """
    said = _significant(file) if _is_png(image) and image.mode in (*COLOURS, "L", "P") else b""
    if not said or not 1 <= min(said) <= 7 or max(said) > 8:
        return image, ""
    # A palette is of colours; with transparent entries it may have opacity.
    clear = image.mode in ("LA", "RGBA") or "transparency" in image.info
    values = np.array(image.convert("RGBA" if clear else "RGB"))
    colours = values[..., :3]
    bits = np.resize(np.frombuffer(said, dtype=np.uint8).astype(np.int64), 3)
    white = 2**bits - 1
    count = depth.stray(colours, white)
    own = (colours <= white).all(axis=2)
    if not (count or own.all()) or _is_scaled(colours[own].astype(np.int64), bits):
        return image, ""
    if count:
        numbers = f"{count:,} of {own.size:,}, to {int(colours.max())}"
        return (
            image,
            f"values look like {max(said)} bits, as sBIT says, but for some pixels ({numbers})",
        )
    values[..., :3] = np.rint(colours * (255 / white))
    if clear and len(set(said)) == 1 and values[..., 3].max() <= white[0]:
        values[..., 3] = np.rint(values[..., 3] * (255 / white[0]))
    return Image.fromarray(values), ""


def _is_scaled(colours: NDArray[Any], bits: NDArray[Any]) -> bool:
    """Whether samples of 8 bits are those of fewer bits: shifted, repeated, or by a factor."""
    top = colours >> (8 - bits)
    shifted = top << (8 - bits)
    repeated = shifted
    for times in (1, 2, 4):
        repeated = repeated | (repeated >> times * bits)
    factor = np.rint(np.rint(colours * ((2**bits - 1) / 255)) * (255 / (2**bits - 1)))
    return any(np.array_equal(colours, one) for one in (shifted, repeated, factor))


def _is_png(image: Image.Image) -> bool:
    return isinstance(image, PngImagePlugin.PngImageFile)


def _raw_mode(image: ImageFile.ImageFile) -> str:
    """Name the layout of the samples in the file; empty where it is not known."""
    if not image.tile:
        return ""
    arguments = image.tile[0].args
    if isinstance(image, PpmImagePlugin.PpmImageFile):
        # Other largest values than that of 16 bits are scaled by Pillow, as the file says.
        return "RGB;16" if arguments in (("RGB", 65_535), "RGB;16") else ""
    if _is_planar(image) and (_tag(image, TiffImagePlugin.BITSPERSAMPLE) or (8,))[0] == 16:
        return "16"
    return str(arguments[0] if isinstance(arguments, tuple) else arguments)


def _tag(image: Image.Image, number: int) -> Any:
    """Value of a TIFF file's tag; None where there is none."""
    return image.tag_v2.get(number) if isinstance(image, TiffImagePlugin.TiffImageFile) else None


def _is_planar(image: Image.Image) -> bool:
    return bool(_tag(image, TiffImagePlugin.PLANAR_CONFIGURATION) == 2)


def _forget_planes(image: TiffImagePlugin.TiffImageFile) -> None:
    """Make one channel, which is a plane of its own, one that Pillow reads with all its bits."""
    if _is_planar(image):
        image.tag_v2[TiffImagePlugin.PLANAR_CONFIGURATION] = 1
        image._setup()


def _is_unsigned(image: Image.Image) -> bool:
    return (_tag(image, TiffImagePlugin.SAMPLEFORMAT) or (1,))[0] == 1


def _require_eight(image: Image.Image, raw: str) -> None:
    """Refuse inks of 16 bits, of which Pillow gives the upper 8, where few of these are used."""
    if image.mode == "CMYK" and "16" in raw:
        most = int(np.asarray(image).max())
        if most < 2 ** (depth.USUAL[-2] - 8):
            raise InputError(
                "inks (CMYK) of 16 bits that use few of these, and are read to 8 bits alone; expected "
                "RGB, or inks that use all 16 bits"
            )


def _is_inverted(image: Image.Image) -> bool:
    """Whether a TIFF file of more than 8 bits is black on white; Pillow inverts those of 8 only."""
    return bool(_tag(image, TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0)


def _said(image: ImageFile.ImageFile, file: BinaryIO) -> int:
    """Depth that the header says, 0 for none."""
    if _tag(image, TiffImagePlugin.BITSPERSAMPLE) == (12,):
        return 12
    if isinstance(image, PpmImagePlugin.PpmImageFile) and image.mode == "I":
        codec, *_, arguments = image.tile[0]
        most = 65_535 if codec == "raw" or not isinstance(arguments, tuple) else arguments[1]
        return 0 if most == 65_535 else 16  # which Pillow scales it to
    return 0


def _of_png(samples: Samples, file: BinaryIO) -> Samples:
    significant = max(_significant(file), default=0)
    if significant == 16:
        return samples._replace(bits=16)
    if not 1 <= significant < 16:
        return samples
    colours = depth.coloured(samples.values)
    bits, doubtful = depth.of_significant(colours, significant), 0
    if bits == 16 and depth.stray(colours, 2**significant - 1):
        others = colours[colours < 2**significant]
        doubtful = significant if depth.of_significant(others, significant) < 16 else 0
    return samples._replace(bits=bits, doubtful=doubtful)


def _significant(file: BinaryIO) -> bytes:
    """Read a PNG file's chunk sBIT: significant bits of each channel but opacity."""
    for kind, length in _chunks(file):
        if kind == b"sBIT":
            said = file.read(min(length, 4))
            return said[:-1] if length in (2, 4) else said
        if kind in (b"PLTE", b"IDAT"):
            break
        file.seek(length + 4, 1)
    return b""


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    file.seek(8)
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        yield kind, length


def _planes(image: Image.Image, file: BinaryIO) -> NDArray[Any]:
    """Read a TIFF file whose channels of 16 bits lie one after the other, not compressed."""
    file.seek(0)
    raw = "I;16B" if file.read(2) == b"MM" else "I;16"
    planes = []
    for band in image.getbands():
        file.seek(0)
        plane = TiffImagePlugin.TiffImageFile(file)
        plane.tile = [
            tile._replace(args=(raw, *arguments[1:]))
            for tile in plane.tile
            if isinstance(arguments := tile.args, tuple) and arguments[0] == band
        ]
        plane._mode = "I;16"
        plane.load()
        planes.append(np.asarray(plane))
    return np.stack(planes, axis=2)


def _colours(image: Image.Image, file: BinaryIO) -> NDArray[Any] | None:
    """Read colours of 16 bits by OpenCV; Pillow's pixels are their upper 8 bits.

    None where OpenCV reads something else, and Pillow's pixels show that the file is as deep as it says.
    """
    import cv2  # a quarter of a second that most files need not spend

    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    file.seek(0)
    found = cv2.imdecode(np.frombuffer(file.read(), dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    channels = {2: 4, 3: 3, 4: 4}[len(image.getbands())]
    upper = np.asarray(image.convert("RGB"))
    if found is not None and "transparency" in image.info:
        found = found[..., :channels]  # the colour that is transparent has no opacity of its own
    if (
        found is not None
        and found.dtype == np.uint16
        and found.shape == (*upper.shape[:2], channels)
    ):
        values = found[..., [2, 1, 0, 3][:channels]]
        # Pillow rounds those of PPM.
        near = 1 if isinstance(image, PpmImagePlugin.PpmImageFile) else 0
        if np.abs(np.right_shift(values[..., :3], 8) - upper.astype(int)).max() <= near:
            return np.asarray(values)
    if upper.max() >= 2 ** (depth.USUAL[-2] - 8):
        return None
    raise InputError(
        "colours of 16 bits that can be read to 8 bits alone, and use few of these; expected a PNG file, "
        "or planes that are not compressed"
    )
