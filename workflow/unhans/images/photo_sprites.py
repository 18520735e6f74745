"""Photo sprites: small pictures with opacity that are laid on photographs, and how they are laid.

Sizes are in pixels of an image whose shorter side has `SIDE` of them, and scale with the image.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

SIDE = 224
"""Shorter side of the images that sizes are given for."""

FINE = 4
"""Times that drawings are made larger, so that their edges are smooth when they are reduced."""

Photo = NDArray[np.uint8]
"""(h, w, 3)"""
Mask = NDArray[np.bool_]
"""(h, w)"""


def scaled(image: Photo, size: float) -> int:
    """Scale a length to an image.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        The image.
    size : float
        Length in an image whose shorter side is `SIDE`.

    Returns
    -------
    int
        Pixels, at least 1.

    """
    return max(1, round(size * int(min(image.shape[:2])) / SIDE))


def lay(
    image: Photo, sprite: Image.Image, top: int, left: int, opacity: float = 1
) -> tuple[Photo, Mask]:
    """Lay a sprite on an image.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        It stays as it is.
    sprite : Image
        Of mode RGBA.
    top, left : int
        Place of its corner, moved into the image where it would stick out. What is larger than the
        image is cut.
    opacity : float
        From 0 to 1, of the whole sprite.

    Returns
    -------
    laid : ndarray of uint8, shape (h, w, 3)
        Image with the sprite.
    mask : ndarray of bool, shape (h, w)
        Pixels where the sprite is not transparent.

    """
    height, width = image.shape[:2]
    colours = np.asarray(sprite, dtype=np.float64)[:height, :width]
    top = min(max(top, 0), height - colours.shape[0])
    left = min(max(left, 0), width - colours.shape[1])
    place = (slice(top, top + colours.shape[0]), slice(left, left + colours.shape[1]))
    alpha = colours[..., 3:] * opacity / 255
    laid, mask = image.copy(), np.zeros((height, width), dtype=bool)
    laid[place] = np.rint(image[place] * (1 - alpha) + colours[..., :3] * alpha)
    mask[place] = alpha[..., 0] > 0
    return laid, mask


def strewn(
    image: Photo,
    sprite: Image.Image,
    random: np.random.Generator,
    turn: float,
    sizes: tuple[float, float],
) -> tuple[Photo, Mask]:
    """Lay a sprite at a random place, turned and scaled at random.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        It stays as it is.
    sprite : Image
        Of mode RGBA.
    random : Generator
        Of place, turn and size.
    turn : float
        Greatest turn to either side, in degrees.
    sizes : tuple of float
        Least and greatest longer side before the turn.

    Returns
    -------
    laid : ndarray of uint8, shape (h, w, 3)
        Image with the sprite, which lies wholly inside.
    mask : ndarray of bool, shape (h, w)
        Pixels where the sprite is not transparent.

    """
    longer = scaled(image, random.uniform(*sizes))
    own = sized(sprite, longer).rotate(
        random.uniform(-turn, turn), Image.Resampling.BICUBIC, expand=True
    )
    room = [
        max(1, length - side + 1) for length, side in zip(image.shape, own.size[::-1], strict=False)
    ]
    return lay(image, own, *(int(random.integers(places)) for places in room))


def sized(sprite: Image.Image, longer: int) -> Image.Image:
    """Resize a sprite.

    Parameters
    ----------
    sprite : Image
        Of mode RGBA.
    longer : int
        Pixels of its longer side.

    Returns
    -------
    Image
        Of mode RGBA.

    """
    ratio = longer / max(sprite.size)
    width, height = (max(1, round(side * ratio)) for side in sprite.size)
    return sprite.resize((width, height), Image.Resampling.BICUBIC)


@lru_cache
def cut_out(name: str) -> Image.Image:
    """Read a picture that is shipped with unhans.

    Parameters
    ----------
    name : str
        Of the file in ``unhans/data``.

    Returns
    -------
    Image
        Of mode RGBA.

    """
    with Image.open(Path(__file__).parents[1] / "data" / name) as picture:
        return picture.convert("RGBA")


@lru_cache
def print_text(text: str) -> Image.Image:
    """Write white text with a thin dark outline, in the font that comes with Pillow.

    Parameters
    ----------
    text : str
        One line.

    Returns
    -------
    Image
        Of mode RGBA, cut to the text.

    """
    font = ImageFont.load_default(size=48)
    left, top, right, bottom = (round(side) for side in font.getbbox(text, stroke_width=3))
    sprite = Image.new("RGBA", (right - left, bottom - top))
    ImageDraw.Draw(sprite).text(
        (-left, -top), text, (255, 255, 255), font, stroke_width=3, stroke_fill=(30, 30, 30)
    )
    return sprite


@lru_cache
def script_text(text: str) -> Image.Image:
    """Write yellow text with a brown shadow, in the slanted font that comes with OpenCV.

    Parameters
    ----------
    text : str
        One line of ASCII.

    Returns
    -------
    Image
        Of mode RGBA, cut to the text.

    """
    import cv2  # a quarter of a second that most jobs need not spend

    font, scale, width = cv2.FONT_HERSHEY_SCRIPT_COMPLEX, 2.0, 5
    (length, height), below = cv2.getTextSize(text, font, scale, width)
    strokes = np.zeros((height + below + 20, length + 20), dtype=np.uint8)
    cv2.putText(strokes, text, (8, height + 8), font, scale, 255, width, cv2.LINE_AA)
    shadow = Image.fromarray(np.roll(strokes, (4, 4), (0, 1)))
    sprite = Image.new("RGBA", shadow.size)
    sprite.paste((70, 40, 0, 255), mask=shadow)
    sprite.paste((255, 225, 60, 255), mask=Image.fromarray(strokes))
    return sprite.crop(sprite.getbbox())


@lru_cache
def badge() -> Image.Image:
    """Draw a red disc with a white ring and bar.

    Returns
    -------
    Image
        Of mode RGBA.

    """
    sprite, draw = _canvas(64, 64)
    draw.ellipse(_box(1, 1, 62, 62), (200, 20, 30))
    draw.ellipse(_box(9, 9, 54, 54), None, (255, 255, 255), 4 * FINE)
    draw.rectangle(_box(18, 28, 45, 35), (255, 255, 255))
    return _reduced(sprite)


@lru_cache
def emblem() -> Image.Image:
    """Draw a blue shield with a white chevron.

    Returns
    -------
    Image
        Of mode RGBA.

    """
    sprite, draw = _canvas(56, 64)
    draw.polygon(_points(2, 2, 53, 2, 53, 34, 28, 62, 2, 34), (25, 60, 160))
    draw.polygon(_points(10, 34, 28, 14, 45, 34, 45, 44, 28, 25, 10, 44), (255, 255, 255))
    return _reduced(sprite)


@lru_cache
def disc() -> Image.Image:
    """Draw an opaque disc of one colour.

    Returns
    -------
    Image
        Of mode RGBA.

    """
    sprite, draw = _canvas(64, 64)
    draw.ellipse(_box(1, 1, 62, 62), (225, 40, 190))
    return _reduced(sprite)


@lru_cache
def star() -> Image.Image:
    """Draw a yellow star of five points with a dark outline.

    Returns
    -------
    Image
        Of mode RGBA.

    """
    sprite, draw = _canvas(64, 64)
    angle = np.pi * (np.arange(10) / 5 - 0.5)
    radius = np.where(np.arange(10) % 2 == 0, 30, 13)
    corners = np.stack([32 + radius * np.cos(angle), 34 + radius * np.sin(angle)], axis=1)
    draw.polygon(_points(*corners.ravel()), (250, 215, 40), (60, 40, 0), 2 * FINE)
    return _reduced(sprite)


@lru_cache
def label() -> Image.Image:
    """Draw a green hexagon with white stripes.

    Returns
    -------
    Image
        Of mode RGBA.

    """
    sprite, draw = _canvas(72, 64)
    draw.polygon(_points(18, 2, 53, 2, 70, 32, 53, 61, 18, 61, 2, 32), (20, 140, 70))
    for row in (18, 30, 42):
        draw.rectangle(_box(18, row, 53, row + 5), (255, 255, 255))
    return _reduced(sprite)


@lru_cache
def ball() -> Image.Image:
    """Draw a ball with coloured segments, shaded as by light from the upper left, and its shadow.

    Returns
    -------
    Image
        Of mode RGBA.

    """
    side = 96 * FINE
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    across, down = (x - 0.5) / 0.46, (y - 0.46) / 0.46
    distance = np.hypot(across, down)
    inside = distance <= 1
    depth = np.sqrt(np.clip(1 - distance**2, 0, 1))
    light = np.clip(-0.5 * across - 0.6 * down + 0.62 * depth, 0, 1)
    segment = np.floor(np.arctan2(across - 0.35, depth + 0.3) * 6 / np.pi).astype(int) % 3
    colour = np.array([[225, 50, 40], [245, 245, 240], [40, 90, 200]], dtype=float)[segment]
    shade = colour * (0.35 + 0.65 * light)[..., None] + 120 * (light**24)[..., None]
    under = np.clip(1 - ((x - 0.52) / 0.44) ** 2 - ((y - 0.93) / 0.06) ** 2, 0, 1)
    alpha = np.where(inside, 255, 150 * under)
    rgba = np.dstack([np.where(inside[..., None], shade, 0), alpha])
    return _reduced(Image.fromarray(np.rint(rgba.clip(0, 255)).astype(np.uint8), "RGBA"))


def stroke(random: np.random.Generator) -> Image.Image:
    """Draw a line by hand: a smooth curve that never repeats, in dark red ink.

    Parameters
    ----------
    random : Generator
        Of its course.

    Returns
    -------
    Image
        Of mode RGBA, cut to the line.

    """
    sprite, draw = _canvas(96, 96)
    turns = np.cumsum(random.normal(0, 0.35, 40)) + random.uniform(0, 2 * np.pi)
    path = np.cumsum(np.stack([np.cos(turns), np.sin(turns)], axis=1), axis=0)
    path -= path.min(axis=0)
    path = 8 + path * 80 / path.max()
    widths = 4 + 1.5 * np.sin(np.linspace(0, 3 * np.pi, len(path)))
    for (x, y), width in zip(_between(path, 8), np.repeat(widths, 8), strict=False):
        draw.ellipse(
            _box(x - width / 2, y - width / 2, x + width / 2, y + width / 2), (150, 15, 25)
        )
    reduced = _reduced(sprite)
    return reduced.crop(reduced.getbbox())


def _between(path: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Put points between those of a path."""
    places = np.arange(0, len(path) - 1, 1 / steps)
    known = np.arange(len(path))
    return np.stack([np.interp(places, known, path[:, axis]) for axis in (0, 1)], axis=1)


def _canvas(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    sprite = Image.new("RGBA", (width * FINE, height * FINE))
    return sprite, ImageDraw.Draw(sprite)


def _reduced(sprite: Image.Image) -> Image.Image:
    return sprite.reduce(FINE)


def _box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    return left * FINE, top * FINE, right * FINE, bottom * FINE


def _points(*values: float) -> list[tuple[float, float]]:
    return [(x * FINE, y * FINE) for x, y in zip(values[::2], values[1::2], strict=True)]
