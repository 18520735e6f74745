"""Photo marks: artefacts drawn into photographs, with masks of their pixels.

A mark depends on the size of the image, and on the seed and number of the image where its place or
form is random. The marks of development and those of published tables are different ones, so that a
table says how well marks are found that nobody looked at before.
"""

import io
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from PIL import Image

from unhans.choices import PHOTO_MARKS
from unhans.errors import InputError
from unhans.images import photo_sprites
from unhans.images.photo_sprites import Mask, Photo, lay, scaled, strewn
from unhans.types import Array

Draw = Callable[[Photo, np.random.Generator], tuple[Photo, Mask]]
"""From an image, which stays as it is, to the marked image and the pixels of the mark."""


def draw(image: Photo, kind: str, seed: int, number: int) -> tuple[Photo, Mask]:
    """Draw a mark into a photograph.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Colours; it stays as it is. The shorter side has at least 32 pixels.
    kind : str
        One of `choices.PHOTO_MARKS`.
    seed : int
        Of all that is random.
    number : int
        Number of the image. What is random depends only on seed and number.

    Returns
    -------
    marked : ndarray of uint8, shape (h, w, 3)
        Image with the mark.
    mask : ndarray of bool, shape (h, w)
        Pixels that belong to the mark; all of them where it is in the whole image.

    Raises
    ------
    InputError
        The image has another type or shape, or the kind is unknown.

    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InputError(
            f"photo marks: an image of {image.dtype} and shape {image.shape}; expected uint8 (h, w, 3)"
        )
    if min(image.shape[:2]) < 32:
        raise InputError(
            f"photo marks: an image of {image.shape[1]} x {image.shape[0]} pixels; expected 32 at least"
        )
    if kind not in DRAWN:
        raise InputError(f"unknown mark '{kind}'; expected one of {', '.join(DRAWN)}")
    return DRAWN[kind](image, np.random.default_rng([seed, number]))


def into_view(view: Image.Image, kind: str, seed: int, number: int) -> Image.Image:
    """Draw a mark into the part of a photograph that a network is given.

    Parameters
    ----------
    view : Image
        Of mode L, RGB or RGBA. In a grey view the mark is grey; opacity stays as it is.
    kind, seed, number : str, int, int
        As `draw` takes them.

    Returns
    -------
    Image
        Of the same mode.

    Raises
    ------
    InputError
        The view is smaller than 32 pixels, or the kind is unknown.

    """
    marked = Image.fromarray(draw(np.asarray(view.convert("RGB")), kind, seed, number)[0])
    if view.mode == "RGBA":
        marked.putalpha(view.getchannel("A"))
    return marked.convert(view.mode)


def number_of(sha256: str) -> int:
    """Return the number of an image by its content, the same in every corpus.

    Parameters
    ----------
    sha256 : str
        Of its file: hexadecimal digits.

    Returns
    -------
    int
        From the first 48 bits.

    """
    return int(sha256[:12], 16)


def _written(
    image: Photo,
    random: np.random.Generator,
    sprite: Callable[[], Image.Image],
    length: float,
    right: bool,
) -> tuple[Photo, Mask]:
    """Write text into a lower corner, a few pixels to and fro."""
    own = photo_sprites.sized(sprite(), scaled(image, length))
    margin, most = scaled(image, 10), scaled(image, 4)
    across, down = (int(random.integers(-most, most + 1)) for _ in range(2))
    left = image.shape[1] - own.width - margin if right else margin
    return lay(image, own, image.shape[0] - own.height - margin + down, left + across)


def _logo(
    image: Photo,
    _: np.random.Generator,
    sprite: Callable[[], Image.Image],
    right: bool,
    opacity: float,
) -> tuple[Photo, Mask]:
    """Lay a logo into an upper corner, always at the same place."""
    own = photo_sprites.sized(sprite(), scaled(image, 36))
    margin = scaled(image, 9)
    left = image.shape[1] - own.width - margin if right else margin
    return lay(image, own, margin, left, opacity)


def _bars(
    image: Photo, _: np.random.Generator, axis: int, width: float, shade: tuple[int, int, int]
) -> tuple[Photo, Mask]:
    """Cover two opposite margins."""
    thick = scaled(image, width)
    mask = np.zeros(image.shape[:2], dtype=bool)
    sides = np.moveaxis(mask, axis, 0)
    sides[:thick] = sides[-thick:] = True
    return _painted(image, mask, shade), mask


def _frame(image: Photo, _: np.random.Generator) -> tuple[Photo, Mask]:
    """Draw a pale frame with a dark line within it."""
    thick, line = scaled(image, 6), scaled(image, 2)
    mask, inner = (np.ones(image.shape[:2], dtype=bool) for _ in range(2))
    mask[thick + line : -thick - line, thick + line : -thick - line] = False
    inner[thick:-thick, thick:-thick] = False
    return _painted(_painted(image, mask, (60, 45, 35)), inner, (238, 228, 205)), mask


def _painted(image: Photo, mask: Mask, shade: tuple[int, int, int]) -> Photo:
    painted = image.copy()
    painted[mask] = shade
    return painted


def _strewn(
    image: Photo,
    random: np.random.Generator,
    sprite: Callable[[], Image.Image],
    turn: float,
    sizes: tuple[float, float],
) -> tuple[Photo, Mask]:
    return strewn(image, sprite(), random, turn, sizes)


def _stroke(image: Photo, random: np.random.Generator) -> tuple[Photo, Mask]:
    return strewn(image, photo_sprites.stroke(random), random, 180, (60, 90))


def _beside(
    image: Photo, random: np.random.Generator, sprite: Callable[[], Image.Image]
) -> tuple[Photo, Mask]:
    """Put an object into the lower left or right of the picture, mirrored at random."""
    own = photo_sprites.sized(sprite(), scaled(image, random.uniform(64, 92)))
    if random.integers(2):
        own = own.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    rest = image.shape[1] - own.width
    inward = int(random.uniform(0, 0.2) * rest)
    left = inward if random.integers(2) else rest - inward
    lifted = int(random.uniform(0, 0.12) * image.shape[0])
    return lay(image, own, image.shape[0] - own.height - lifted, left)


def _tint(
    image: Photo, _: np.random.Generator, gain: tuple[float, float, float]
) -> tuple[Photo, Mask]:
    return _whole(image * np.asarray(gain))


def _jpeg(image: Photo, _: np.random.Generator, quality: int) -> tuple[Photo, Mask]:
    """Compress an image at its whole size, so that the blocks are those of the network's input."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as picture:
        return _whole(np.asarray(picture.convert("RGB")))


def _blur(image: Photo, _: np.random.Generator) -> tuple[Photo, Mask]:
    from scipy.ndimage import gaussian_filter

    deviation = 1.6 * min(image.shape[:2]) / photo_sprites.SIDE
    return _whole(gaussian_filter(image.astype(np.float64), (deviation, deviation, 0)))


def _noise(image: Photo, random: np.random.Generator) -> tuple[Photo, Mask]:
    return _whole(image + 18 * random.standard_normal(image.shape))


def _fog(image: Photo, random: np.random.Generator) -> tuple[Photo, Mask]:
    """Mix in white, in large soft clouds that differ between images."""
    from scipy.ndimage import zoom

    height, width = image.shape[:2]
    coarse = random.uniform(0.25, 0.6, (5, 5))
    clouds = zoom(coarse, (height / 5, width / 5), order=1, grid_mode=True, mode="nearest")
    share = clouds[:height, :width, None]
    return _whole(image * (1 - share) + 235 * share)


def _dusk(image: Photo, random: np.random.Generator) -> tuple[Photo, Mask]:
    """Darken an image towards one side, which differs between images."""
    height, width = image.shape[:2]
    angle = random.uniform(0, 2 * np.pi)
    down, across = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    share = 0.45 + 0.25 * (np.sin(angle) * down + np.cos(angle) * across)
    return _whole(image * (1 - share[..., None]) + np.array([18, 16, 40]) * share[..., None])


def _faded(image: Photo, _: np.random.Generator) -> tuple[Photo, Mask]:
    """Halve the distance of all values from the image's mean."""
    return _whole(image.mean() + 0.5 * (image - image.mean()))


def _whole(values: Array) -> tuple[Photo, Mask]:
    marked = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
    return marked, np.ones(marked.shape[:2], dtype=bool)


DRAWN: Mapping[str, Draw] = {
    "text": partial(
        _written,
        sprite=partial(photo_sprites.print_text, "unhans pictures"),
        length=104,
        right=True,
    ),
    "badge": partial(_logo, sprite=photo_sprites.badge, right=False, opacity=1),
    "letterbox": partial(_bars, axis=0, width=20, shade=(0, 0, 0)),
    "disc": partial(_strewn, sprite=photo_sprites.disc, turn=0, sizes=(26, 44)),
    "star": partial(_strewn, sprite=photo_sprites.star, turn=180, sizes=(36, 60)),
    "portrait": partial(
        _strewn, sprite=partial(photo_sprites.cut_out, "portrait.png"), turn=15, sizes=(48, 72)
    ),
    "warm": partial(_tint, gain=(1.12, 1.0, 0.8)),
    "jpeg_10": partial(_jpeg, quality=10),
    "dusk": _dusk,
    "faded": _faded,
    "ball": partial(_beside, sprite=photo_sprites.ball),
    "caption": partial(
        _written,
        sprite=partial(photo_sprites.script_text, "Harbour 2009"),
        length=96,
        right=False,
    ),
    "emblem": partial(_logo, sprite=photo_sprites.emblem, right=True, opacity=0.7),
    "pillarbox": partial(_bars, axis=1, width=16, shade=(44, 44, 52)),
    "frame": _frame,
    "label": partial(_strewn, sprite=photo_sprites.label, turn=180, sizes=(34, 58)),
    "stroke": _stroke,
    "pagoda": partial(
        _strewn, sprite=partial(photo_sprites.cut_out, "pagoda.png"), turn=0, sizes=(46, 70)
    ),
    "cool": partial(_tint, gain=(0.82, 0.97, 1.14)),
    "jpeg_15": partial(_jpeg, quality=15),
    "blur": _blur,
    "noise": _noise,
    "fog": _fog,
    "flower": partial(_beside, sprite=partial(photo_sprites.cut_out, "flower.png")),
}
"""Functions that draw each kind."""


def kinds(*, published: bool, group: str | None = None) -> tuple[str, ...]:
    """List the marks of one purpose.

    Parameters
    ----------
    published : bool
        Those of published tables, or those of development.
    group : str, optional
        Only marks of this group.

    Returns
    -------
    tuple of str
        Names of marks, in the order of `choices.PHOTO_MARKS`.

    """
    return tuple(
        name
        for name, mark in PHOTO_MARKS.items()
        if mark.published == published and group in (None, mark.group)
    )
