"""Properties: cheap, deterministic numbers of each file and image of a class."""

import json
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.images import originals
from unhans.images.dataset import ClassDataset
from unhans.images.originals import Original
from unhans.probes import colour, detail, file_properties, hashes, layout
from unhans.probes.families import Family
from unhans.probes.views import View
from unhans.types import Array


class Property(NamedTuple):
    """What one number of an image means.

    Parameters
    ----------
    family : Family
        It is joined with interventions of the same one.
    words : str
        What a high value means.

    """

    family: Family
    words: str


PROPERTIES: Mapping[str, Property] = {
    "middle_edges": Property("framing", "detail lies in the middle"),
    "edge_radius": Property("framing", "detail lies far from the middle"),
    "edge_spread": Property("framing", "detail is spread far around its own centre"),
    "object_area": Property("framing", "most detail fills a large area"),
    "aspect": Property("framing", "the image is wide"),
    "border_top": Property("border", "a wide uniform border at the top"),
    "border_bottom": Property("border", "a wide uniform border at the bottom"),
    "border_left": Property("border", "a wide uniform border at the left"),
    "border_right": Property("border", "a wide uniform border at the right"),
    "border_area": Property("border", "uniform borders cover much of the image"),
    "border_seen": Property("border", "uniform borders cover much of what the network is given"),
    "rim_brightness": Property("border", "the rim is lighter than the middle"),
    "rim_contrast": Property("border", "the rim has more contrast than the middle"),
    "rim_colour": Property("border", "the rim has another colour than the middle"),
    "corner_brightness": Property("corners", "the corners are lighter than the rest"),
    "dark_corners": Property("corners", "the corners are black"),
    "odd_corner": Property("corners", "one corner differs from the others"),
    "background_brightness": Property("background", "light around the middle"),
    "background_red_green": Property("background", "red rather than green around the middle"),
    "background_yellow_blue": Property("background", "yellow rather than blue around the middle"),
    "background_contrast": Property("background", "contrast around the middle"),
    "background_detail": Property("background", "detail around the middle"),
    "red_green": Property("colour", "red rather than green"),
    "yellow_blue": Property("colour", "yellow rather than blue"),
    "red_green_spread": Property("colour", "red and green beside each other"),
    "yellow_blue_spread": Property("colour", "yellow and blue beside each other"),
    "saturation": Property("colour", "strong colours"),
    "saturation_spread": Property("colour", "strong and weak colours beside each other"),
    "grey_pixels": Property("colour", "grey pixels"),
    "brightness": Property("brightness", "light"),
    "brightness_median": Property("brightness", "light in most pixels"),
    "dark_pixels": Property("brightness", "black pixels"),
    "bright_pixels": Property("brightness", "white pixels"),
    "contrast_spread": Property("contrast", "light and dark pixels"),
    "contrast_range": Property("contrast", "a wide range of brightness"),
    "contrast_local": Property("contrast", "contrast within small parts"),
    "sharpness": Property("sharpness", "sharp as the network is given it"),
    "sharpness_native": Property("sharpness", "sharp in the file's own pixels"),
    "high_frequencies": Property("sharpness", "fine detail"),
    "low_frequencies": Property("sharpness", "coarse shapes alone"),
    "noise": Property("noise", "grain"),
    "blockiness": Property("compression", "blocks of JPEG"),
    "jpeg_quality": Property("compression", "high quality by the tables of JPEG"),
    "chroma_sampling": Property("compression", "colour at a lower resolution than brightness"),
    "centre_x": Property("orientation", "detail lies to the right"),
    "centre_y": Property("orientation", "detail lies low"),
    "left_right": Property("orientation", "lighter at the right"),
    "top_bottom": Property("orientation", "lighter at the bottom"),
    "upright_edges": Property("orientation", "upright edges"),
    "text": Property("text", "looks like lines of letters"),
    "bytes": Property("file", "a large file"),
    "bytes_per_pixel": Property("file", "many bytes a pixel"),
    "width": Property("file", "many columns"),
    "height": Property("file", "many rows"),
    "exif": Property("file", "EXIF data"),
    "camera_named": Property("file", "a camera is named"),
    "profile": Property("file", "a colour profile"),
    "opacity": Property("file", "transparent pixels"),
    "progressive": Property("file", "progressive JPEG"),
    "name_length": Property("file", "a long file name"),
    "name_digits": Property("file", "digits in the file name"),
}
"""All properties, by family."""

NATIVE = frozenset({"sharpness_native", "noise", "blockiness"})
"""Properties of the file's own pixels. A network's transform takes a part of them away."""

TEXTS = ("format", "mode", "camera")
"""Properties that are names; `predictability` counts the images of each value."""


class Measured(NamedTuple):
    """What was measured of the images of a class.

    Parameters
    ----------
    row : ndarray of int64, shape (n,)
        Row of each image in the class's listing.
    values : ndarray of float32, shape (n, p)
        Of `PROPERTIES`, in their order; NaN where a property is not defined.
    texts : dict of str to list of str
        By name of `TEXTS`; empty for digits.
    digest : ndarray of uint8, shape (n, 16)
        Of the pixels.
    hash : ndarray of uint64, shape (n,)
        Perceptual hash.
    small : ndarray of uint8, shape (n, 32, 32)
        The image in grey.

    """

    row: NDArray[np.int64]
    values: NDArray[np.float32]
    texts: dict[str, list[str]]
    digest: NDArray[np.uint8]
    hash: NDArray[np.uint64]
    small: NDArray[np.uint8]


def measure_class(dataset: ClassDataset, *, seen: float) -> Measured:
    """Measure the images of a class.

    Parameters
    ----------
    dataset : ClassDataset
        The class's images.
    seen : float
        Side of the square that networks are given, as a share of the shorter side.

    Returns
    -------
    Measured
        Of every image that can be read.

    Raises
    ------
    InputError
        The class holds no image.
    StoreError
        A file is gone, or has changed since it was listed.

    """
    dataset.require_some()
    n = len(dataset.readable)
    values = np.full((n, len(PROPERTIES)), np.nan, dtype=np.float32)
    small = np.zeros((n, originals.SMALL, originals.SMALL), dtype=np.uint8)
    digest = np.zeros((n, 16), dtype=np.uint8)
    texts: dict[str, list[str]] = {name: [] for name in TEXTS}
    for place, row in enumerate(dataset.readable.tolist()):
        image = originals.read(dataset, row, seen)
        found = measure(image)
        values[place] = [found[name] for name in PROPERTIES]
        small[place], digest[place] = image.small, np.frombuffer(image.digest, dtype=np.uint8)
        for name in TEXTS if image.facts is not None else ():
            texts[name].append(getattr(image.facts, name))
    kept = {name: own for name, own in texts.items() if own}
    return Measured(dataset.readable, values, kept, digest, hashes.perceptual(small), small)


def arrays(measured: Measured, dataset: ClassDataset) -> dict[str, Array]:
    """Arrays that the store keeps of a class.

    Parameters
    ----------
    measured : Measured
        What was measured.
    dataset : ClassDataset
        The class's images.

    Returns
    -------
    dict of str to ndarray
        ``texts`` is JSON as bytes; ``split`` the place of each image's split among those of the corpus.

    """
    found = {name: own for name, own in measured._asdict().items() if name != "texts"}
    texts = np.frombuffer(json.dumps(measured.texts).encode(), dtype=np.uint8)
    return {**found, "texts": texts, "split": dataset.split_of(measured.row.tolist())}


def measure(image: Original) -> dict[str, float]:
    """Measure one image.

    Parameters
    ----------
    image : Original
        The image.

    Returns
    -------
    dict of str to float
        By name of `PROPERTIES`; NaN where one is not defined, as those of the file for digits.

    """
    seen, whole, native = View(image.seen), View(image.whole), View(image.native)
    return {
        **dict.fromkeys(PROPERTIES, np.nan),
        **layout.measure(seen, whole),
        **colour.measure(seen),
        **detail.measure(seen, native),
        **file_properties.measure(image),
        # Of the image itself: what is reduced is rounded to whole pixels.
        "aspect": image.width / image.height,
    }


def describe(class_id: str, measured: Measured) -> str:
    """Say how many images and properties were measured.

    Parameters
    ----------
    class_id : str
        Id of the class.
    measured : Measured
        What was measured.

    Returns
    -------
    str
        A line.

    """
    defined = int(np.isfinite(measured.values).any(axis=0).sum())
    n, p = measured.values.shape
    return f"properties: {n} images of class {class_id}, {defined} of {p} properties are defined"
