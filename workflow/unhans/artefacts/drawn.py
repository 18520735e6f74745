"""Drawn artefacts: masks and templates that a person drew, as pictures and as inputs of a network."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unhans.artefacts.artefact import Mask
from unhans.choices import Placement
from unhans.errors import InputError
from unhans.images import digits
from unhans.images.transform import MODES, Transform
from unhans.types import Array

NEUTRAL = 128
"""Shade that changes nothing in the template of an artefact that is added."""


def read_mask(path: str, shape: tuple[int, ...]) -> Mask:
    """Read a mask from a picture: the artefact is where it is not black.

    Parameters
    ----------
    path : str
        Of the picture.
    shape : tuple of int
        (h, w) of the network's inputs.

    Returns
    -------
    ndarray of bool, shape (h, w)

    Raises
    ------
    InputError
        The picture cannot be read, is of another size or all black.

    """
    found = np.asarray(_picture(path, "L")) > 0
    if found.shape != shape or not found.any():
        raise InputError(
            f"{path}: a mask of {found.shape} with {int(found.sum())} pixels; expected {shape}, with some"
        )
    return found


def read_template(
    path: str, shape: tuple[int, ...], *, kind: Placement, transform: Transform | None
) -> tuple[Mask, NDArray[np.float32], NDArray[np.float32] | None]:
    """Read a template from a picture, and its opacity from the picture's where it has one.

    In the template of an artefact that is added, `NEUTRAL` grey changes nothing, and other shades
    change the image by their difference from it.

    Parameters
    ----------
    path : str
        Of the picture.
    shape : tuple of int
        (c, h, w) of the network's inputs.
    kind : str
        ``fixed``, ``free``, ``whole`` or ``overlay``.
    transform : Transform or None
        Of the network; None for digits.

    Returns
    -------
    mask : ndarray of bool, shape (h, w)
        Where the artefact is.
    template : ndarray of float32, shape (c, h, w)
        What is there.
    opacity : ndarray of float32, shape (h, w), or None
        None where every pixel is opaque or transparent.

    Raises
    ------
    InputError
        The picture cannot be read, is of another size or wholly transparent.

    """
    picture = _picture(path, "RGBA")
    alpha = np.asarray(picture)[..., 3]
    if alpha.shape != shape[1:] or not alpha.any():
        raise InputError(
            f"{path}: a template of {alpha.shape} with {int((alpha > 0).sum())} pixels that are seen; "
            f"expected {shape[1:]}, with some"
        )
    template = as_input(picture, transform)
    if kind in ("whole", "overlay"):
        grey = Image.new("RGB", picture.size, (NEUTRAL,) * 3)
        template = template - as_input(grey, transform)
        everywhere = np.ones(alpha.shape, dtype=bool)
        return everywhere if kind == "whole" else np.any(template, axis=0), template, None
    opacity = alpha.astype(np.float32) / np.float32(255)
    return alpha > 0, template, None if set(np.unique(alpha)) <= {0, 255} else opacity


def as_input(picture: Image.Image, transform: Transform | None) -> NDArray[np.float32]:
    """Turn a picture of the network's size into an input.

    Parameters
    ----------
    picture : Image
        Of Pillow.
    transform : Transform or None
        Of the network; None for digits.

    Returns
    -------
    ndarray of float32, shape (c, h, w)

    """
    if transform is None:
        return np.asarray(digits.as_inputs(np.asarray(picture.convert("L"))[None])[0])
    # A picture's opacity says what is inserted; the shades themselves are opaque.
    return transform.normal(np.asarray(picture.convert("RGB").convert(MODES[transform.channels])))


def as_picture(template: Array, kind: Placement, transform: Transform | None) -> NDArray[np.uint8]:
    """Turn a template into a picture for people, the inverse of `read_template`.

    A fourth channel, the opacity of the images, is left out.

    Parameters
    ----------
    template : ndarray of float32, shape (c, h, w)
        A template, or an input of the network.
    kind : str
        ``fixed``, ``free``, ``whole`` or ``overlay``; ``fixed`` for an input.
    transform : Transform or None
        Of the network; None for digits.

    Returns
    -------
    ndarray of uint8, shape (h, w) or (h, w, 3)

    """
    shades = template * np.float32(255) if transform is None else transform.shades(template)
    if kind in ("whole", "overlay"):
        zero = np.zeros_like(template)
        shades = shades - (0 if transform is None else transform.shades(zero)) + NEUTRAL
    picture = np.clip(np.round(shades), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    return picture[..., 0] if picture.shape[2] == 1 else picture[..., :3]


def _picture(path: str, mode: str) -> Image.Image:
    # Not `decoding.read`, which ignores transparency.
    try:
        with Image.open(path) as picture:
            picture.load()
            return picture.convert(mode)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{path}: no image that can be read ({error}); expected a picture of the artefact"
        ) from None
