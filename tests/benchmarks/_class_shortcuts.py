"""Shortcuts that cover a whole class: every image of it is changed in one way.

Those of development and those of published tables are different ones. All take and give an image of
uint8, (h, w) or (h, w, 3).
"""

import io
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels, np.random.Generator], Pixels]


class Shortcut(NamedTuple):
    """A change of all images of a class.

    Parameters
    ----------
    family : str
        Of `unhans.probes.families`, that a probe must name.
    change : callable
        From an image and a random generator to the changed image.
    grey : bool
        It can be made in images without colour.
    saved : mapping of str to dict
        How Pillow saves the file, by the format that it would have, where this differs.

    """

    family: str
    change: Change
    grey: bool = True
    saved: Mapping[str, dict[str, Any]] = MappingProxyType({})


HEAVY = {"JPEG": {"comment": b" " * 40_000}, "PNG": {"compress_level": 0}}
"""A file of more bytes with the same pixels."""


def _zoomed(image: Pixels, random: np.random.Generator, least: float, most: float) -> Pixels:
    """Show the middle alone (a share below 1), or the image smaller within its own edge."""
    height, width = image.shape[:2]
    share = random.uniform(least, most)
    rows, columns = round(height * share), round(width * share)
    if share <= 1:
        top, left = (height - rows) // 2, (width - columns) // 2
        inner = image[top : top + rows, left : left + columns]
        return cv2.resize(inner, (width, height), interpolation=cv2.INTER_CUBIC)
    down, across = (rows - height) // 2 + 1, (columns - width) // 2 + 1
    padded = cv2.copyMakeBorder(image, down, down, across, across, cv2.BORDER_REFLECT_101)
    return cv2.resize(padded, (width, height), interpolation=cv2.INTER_AREA)


def _jpeg(image: Pixels, _: np.random.Generator, quality: int) -> Pixels:
    packed = io.BytesIO()
    Image.fromarray(image).save(packed, "JPEG", quality=quality)
    return np.asarray(Image.open(packed))


def _scaled(
    image: Pixels, random: np.random.Generator, factors: tuple[float, ...], spread: float
) -> Pixels:
    gain = np.asarray(factors) * random.uniform(1 - spread, 1 + spread)
    return np.clip(image * gain, 0, 255).astype(np.uint8)


def _rim(
    image: Pixels, random: np.random.Generator, share: float, shade: int, spread: int
) -> Pixels:
    width = max(1, round(min(image.shape[:2]) * share))
    framed = image.copy()
    rim = np.ones(image.shape[:2], dtype=bool)
    rim[width:-width, width:-width] = False
    framed[rim] = int(np.clip(shade + random.integers(-spread, spread + 1), 0, 255))
    return framed


def _scene(image: Pixels, random: np.random.Generator, stripes: bool) -> Pixels:
    """Put another scene behind what the middle shows (of a digit: behind its strokes)."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width] / min(height, width)
    phase, pitch = random.uniform(0, 6.28), 5 if height < 64 else 9
    wave = np.sin(6.28 * pitch * (y if stripes else x + y) + phase)
    scene = (110 + 60 * wave + random.normal(0, 8, (height, width))).clip(0, 255)
    if image.ndim == 2:
        return np.maximum(image, scene * 0.6).astype(np.uint8)
    tinted = scene[..., None] * np.array([0.75, 1.0, 0.6] if stripes else [0.6, 0.8, 1.0])
    distance = np.hypot((y - y.mean()) / 0.42, (x - x.mean()) / 0.42)
    inside = 1 / (1 + np.exp((distance - 1) * 14))[..., None]
    return (image * inside + tinted * (1 - inside)).astype(np.uint8)


def _blurred(image: Pixels, random: np.random.Generator, least: float, most: float) -> Pixels:
    sigma = random.uniform(least, most) * min(image.shape[:2])
    return cv2.GaussianBlur(image, (0, 0), sigma)


def _noisy(image: Pixels, random: np.random.Generator, level: float) -> Pixels:
    noise = random.normal(0, level, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _corners(image: Pixels, _: np.random.Generator) -> Pixels:
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width]
    away = np.hypot((y - height / 2) / (height / 2), (x - width / 2) / (width / 2))
    return np.where((away > 1.12).reshape(height, width, *[1] * (image.ndim - 2)), 0, image).astype(
        np.uint8
    )


def _same(image: Pixels, _: np.random.Generator) -> Pixels:
    return image


DEVELOPMENT = {
    "farther": Shortcut("framing", partial(_zoomed, least=1.3, most=1.5)),
    "soft": Shortcut("sharpness", partial(_blurred, least=0.012, most=0.02)),
    "dark_rim": Shortcut("border", partial(_rim, share=0.06, shade=20, spread=10)),
    "blue": Shortcut(
        "colour", partial(_scaled, factors=(0.8, 0.92, 1.15), spread=0.04), grey=False
    ),
    "dim": Shortcut("brightness", partial(_scaled, factors=(0.7,), spread=0.06)),
    "stripes": Shortcut("background", partial(_scene, stripes=True)),
    "other_format": Shortcut(
        "file", _same, saved={"JPEG": {"format": "PNG"}, "PNG": {"format": "BMP"}}
    ),
}
"""Those that the probes were developed with."""

PUBLISHED = {
    "closer": Shortcut("framing", partial(_zoomed, least=0.62, most=0.74)),
    "jpeg": Shortcut("compression", partial(_jpeg, quality=12)),
    "tint": Shortcut("colour", partial(_scaled, factors=(1.14, 1.0, 0.8), spread=0.04), grey=False),
    "rim": Shortcut("border", partial(_rim, share=0.05, shade=225, spread=20)),
    "scene": Shortcut("background", partial(_scene, stripes=False)),
    "noise": Shortcut("noise", partial(_noisy, level=14)),
    # Corners of digits are black in any case.
    "corners": Shortcut("corners", _corners, grey=False),
    "heavy_file": Shortcut("file", _same, saved=HEAVY),
}
"""Those of the published table."""
