"""DICOM: one picture of a file as radiologists see it, by pydicom (an optional package).

Stored values go through the modality's table or rescaling, and then through the table or the first window
for values of interest that the file names, or through the window of the configuration. MONOCHROME1 is
turned so that high values are dark, as on film. Without any of these, black and white are the lowest and
highest value that the file's bits can hold; where the picture uses a small part of those, it is refused.
"""

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unhans.errors import InputError, one_line
from unhans.images.depth import Levels, Samples, windowed

if TYPE_CHECKING:
    from pydicom import Dataset

INSTALL = "pip install 'unhans[dicom]'"

VALUES = frozenset((b"CS", b"UI", b"UL", b"DA", b"TM", b"SH", b"LO", b"DT", b"OB"))
"""Kinds of the values that a data set begins with."""

SHORT = 64
"""Bytes of the first value of a data set at most."""

USED = 1 / 8
"""Without a window, the values of a picture span at least this share of what its bits can hold."""


def is_dicom(file: BinaryIO) -> bool:
    """Whether a file begins as DICOM files do, with or without their preamble of 128 bytes.

    Parameters
    ----------
    file : file
        Its position is the beginning, before and after.

    Returns
    -------
    bool

    """
    head = file.read(132)
    file.seek(0)
    return head[128:] == b"DICM" or _is_element(head)


def _is_element(head: bytes) -> bool:
    """Whether bytes are an element of the first groups of a data set. Source: DICOM PS3.5, 7.1."""
    if head[4:6] in VALUES and head[:2] in (b"\x02\0", b"\x08\0", b"\0\x08"):
        return True
    length = int.from_bytes(head[4:8], "little")
    # Without the kind of value: a tag of group 8, whose values are short texts.
    return head[:2] == b"\x08\0" and head[3:4] == b"\0" and len(head) > 8 and length <= SHORT


def read(file: BinaryIO, max_pixels: int, levels: Levels) -> Image.Image:
    """Read the picture of a DICOM file.

    Parameters
    ----------
    file : file
        Open, at its beginning.
    max_pixels : int
        Pictures of more pixels are refused before they are decoded.
    levels : Levels
        Its window takes the place of that of the file.

    Returns
    -------
    Image
        Of mode RGB.

    Raises
    ------
    InputError
        pydicom is missing, or the file holds no single picture that can be shown.

    """
    try:
        import pydicom
        from pydicom.pixels.processing import apply_color_lut
        from pydicom.pixels.utils import pixel_array
    except ImportError:
        raise InputError(f"a DICOM file; reading it needs pydicom 3 ({INSTALL})") from None
    try:
        dataset = pydicom.dcmread(file, force=True)  # it may have no preamble
    except Exception as error:  # a damaged file fails in many ways
        raise InputError(f"damaged DICOM file ({one_line(error, 100)})") from error
    _require_picture(dataset, max_pixels)
    _name_syntax(dataset)
    try:
        pixels = _stored(dataset, pixel_array)
    except Exception as error:  # of packages for compressed pixels too
        raise InputError(_undecoded(dataset, error)) from error
    kind = dataset.PhotometricInterpretation
    if kind == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
        return _colours(pixels, pixels.dtype.itemsize * 8, levels)
    if pixels.ndim == 3:
        return _colours(pixels, int(dataset.BitsStored), levels)
    padding = _padding(dataset, pixels)
    shown = _levels(dataset, pixels, levels, padding)
    turned = 255 - shown if kind == "MONOCHROME1" else shown
    return Image.fromarray(np.where(padding, np.uint8(0), turned)).convert("RGB")


def _name_syntax(dataset: "Dataset") -> None:
    """Name the encoding of a file without preamble, which pydicom found out, as others do."""
    from pydicom import uid
    from pydicom.dataset import FileMetaDataset

    if not hasattr(dataset, "file_meta"):
        dataset.file_meta = FileMetaDataset()
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        explicit = uid.ExplicitVRLittleEndian if little else uid.ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = uid.ImplicitVRLittleEndian if implicit else explicit


def _stored(dataset: "Dataset", pixel_array: Any) -> NDArray[Any]:
    """Stored values; bits may lie above them and below."""
    stored, allocated = int(dataset.BitsStored), int(dataset.get("BitsAllocated") or 0)
    high = int(dataset.get("HighBit") or stored - 1)
    if high == stored - 1 or not stored <= high + 1 <= allocated:
        return np.asarray(pixel_array(dataset))
    pixels = np.asarray(pixel_array(dataset, correct_unused_bits=False))
    shifted = np.left_shift(pixels, allocated - 1 - high)
    return np.asarray(np.right_shift(shifted, allocated - stored))


def _padding(dataset: "Dataset", pixels: NDArray[Any]) -> NDArray[np.bool_]:
    """Pixels around the picture, which are shown black. Source: DICOM PS3.3, C.7.5.1.1.2."""
    first = _first(dataset.get("PixelPaddingValue"))
    if not isinstance(first, int):
        return np.zeros(pixels.shape, dtype=bool)
    last = _first(dataset.get("PixelPaddingRangeLimit"))
    low, high = sorted((first, last if isinstance(last, int) else first))
    return (pixels >= low) & (pixels <= high)


def _require_picture(dataset: "Dataset", max_pixels: int) -> None:
    if "PixelData" not in dataset:
        kinds = [name for name in ("FloatPixelData", "DoubleFloatPixelData") if name in dataset]
        raise InputError(
            f"a DICOM file with {kinds[0] if kinds else 'no picture'}; expected PixelData"
        )
    needed = ("Rows", "Columns", "PhotometricInterpretation", "BitsStored", "PixelRepresentation")
    missing = [name for name in needed if dataset.get(name) is None]
    if missing:
        raise InputError(f"a DICOM file without {missing[0]}")
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise InputError(f"a DICOM file of {frames} frames; expected one picture a file")
    width, height = int(dataset.Columns), int(dataset.Rows)
    if width * height > max_pixels:
        raise InputError(f"has {width} x {height} pixels, more than {max_pixels:,}")


def _undecoded(dataset: "Dataset", error: Exception) -> str:
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is None or not syntax.is_compressed:
        return f"damaged DICOM file ({one_line(error, 100)})"
    return (
        f"a DICOM file compressed as {syntax.name}, which pydicom cannot decode here; expected its "
        "plugins (pip install pylibjpeg[all]), or uncompressed files"
    )


def _colours(pixels: NDArray[Any], bits: int, levels: Levels) -> Image.Image:
    if levels.window is not None:
        raise InputError("colours, which have no window; expected grey pixels")
    white = 2 ** max(bits, 8) - 1
    scaled = np.rint(pixels * (255 / white)).clip(0, 255).astype(np.uint8)
    return Image.fromarray(scaled[..., :3]).convert("RGB")


def _levels(
    dataset: "Dataset", pixels: NDArray[Any], levels: Levels, padding: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Show grey pixels: (h, w) uint8, before MONOCHROME1 is turned."""
    values = _of_modality(dataset, pixels)
    if levels.window is not None:
        return windowed(Samples(values), *levels.window)
    if dataset.get("VOILUTSequence"):
        shown, bits = _looked_up(dataset, dataset.VOILUTSequence[0], values)
        return _between(shown, 0, 2**bits - 1)
    centre, width = (_first(dataset.get(name)) for name in ("WindowCenter", "WindowWidth"))
    if centre is not None and width is not None:
        function = dataset.get("VOILUTFunction") or "LINEAR"
        return _in_window(values, float(centre), float(width), function)
    low, high = _range(dataset)
    seen = values if padding.all() else values[~padding]
    span = float(seen.max() - seen.min())
    if span < USED * (high - low):
        raise InputError(
            f"a DICOM file without a window, of values from {seen.min():g} to {seen.max():g} "
            f"where its bits hold {low:g} to {high:g}; expected window for its corpus"
        )
    return _between(values, low, high)


def _in_window(
    values: NDArray[Any], centre: float, width: float, function: str
) -> NDArray[np.uint8]:
    """Apply the window that a file names. Source: DICOM PS3.3, C.11.2.1.2 and C.11.2.1.3."""
    least = 1 if function == "LINEAR" else 0
    if function not in ("LINEAR", "LINEAR_EXACT", "SIGMOID") or width < least or not width:
        raise InputError(
            f"a DICOM file with a window of {centre:g}, {width:g}, {function}, which shows nothing; "
            "expected window for its corpus"
        )
    if function == "SIGMOID":
        return _between(np.tanh(2 * (values - centre) / width), -1, 1)
    if function == "LINEAR":  # of whole numbers, each of which covers a half to both sides
        return windowed(Samples(values), centre - 0.5, max(width - 1, 1e-6))
    return windowed(Samples(values), centre, width)


def _between(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    position = (values.astype(np.float64) - low) / max(high - low, 1e-9)
    return np.asarray(np.rint(255 * position.clip(0, 1)).astype(np.uint8))


def _first(value: Any) -> Any:
    """First of the values of an element, None for none; a file may name several windows."""
    values = [value] if isinstance(value, int | float | str) or value is None else list(value)
    return values[0] if values and values[0] not in (None, "") else None


def _of_modality(dataset: "Dataset", pixels: NDArray[Any]) -> NDArray[Any]:
    """Turn stored values into those of the modality, such as Hounsfield units."""
    if dataset.get("ModalityLUTSequence"):
        return _looked_up(dataset, dataset.ModalityLUTSequence[0], pixels)[0]
    slope, intercept = (_first(dataset.get(name)) for name in ("RescaleSlope", "RescaleIntercept"))
    if slope is None or intercept is None:
        return pixels
    if not float(slope):
        raise InputError("a DICOM file whose RescaleSlope is 0, which makes all pixels alike")
    return np.asarray(pixels.astype(np.float64) * float(slope) + float(intercept))


def _looked_up(
    dataset: "Dataset", item: "Dataset", values: NDArray[Any]
) -> tuple[NDArray[Any], int]:
    """Look values up in a table, and count the bits of its entries. Source: DICOM PS3.3, C.11.1.1.

    pydicom's own functions lose the index of tables of 8 bits.
    """
    count, first, bits = (int(value) for value in item.LUTDescriptor)
    count = count or 2**16  # which 16 bits cannot hold
    data = item.LUTData
    if isinstance(data, bytes):
        order = "<" if dataset.original_encoding[1] else ">"
        data = np.frombuffer(data, dtype=np.uint8 if len(data) < 2 * count else f"{order}u2")
    entries = np.asarray(data, dtype=np.int64)[:count]
    place = np.rint(values).astype(np.int64) - first
    return entries[place.clip(0, len(entries) - 1)], bits


def _range(dataset: "Dataset") -> tuple[float, float]:
    """Lowest and highest value that the bits of a file can hold, after the modality's rescaling."""
    if dataset.get("ModalityLUTSequence"):
        return 0.0, float(2 ** int(dataset.ModalityLUTSequence[0].LUTDescriptor[2]) - 1)
    bits = int(dataset.BitsStored)
    first = -(2 ** (bits - 1)) if dataset.PixelRepresentation else 0
    ends = _of_modality(dataset, np.array([first, first + 2**bits - 1], dtype=np.int64))
    return float(ends.min()), float(ends.max())
