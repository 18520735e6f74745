"""Transform: from an image file's pixels to the input of a network, by Pillow and NumPy."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unhans.errors import InputError

INTERPOLATIONS: Mapping[str, Image.Resampling] = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}

MODES: Mapping[int, str] = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's mode of an image of so many channels: grey, colour, and colour with opacity."""

LONGEST_SIDE = 65_536
"""Most pixels of a resized image's longer side: a strip of 1 x 10,000 pixels would fill the memory."""


@dataclass(frozen=True)
class Transform:
    """Resizes an image, cuts its middle and normalises it.

    The number of means says how many channels the network is given: one (grey, Pillow's mode L), three
    (RGB) or four (RGB and opacity, which is full where the image has none).
    Equal to torchvision's ``transforms._presets.ImageClassification`` bit for bit.

    Parameters
    ----------
    resize : int
        Pixels of the shorter side.
    crop : int
        Side of the middle square.
    mean, std : tuple of float, shape (c,)
        Of each of one, three or four channels, for values from 0 to 1.
    interpolation : str
        One of `INTERPOLATIONS`.

    Raises
    ------
    InputError
        A value is impossible.

    """

    resize: int
    crop: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bilinear"

    @classmethod
    def of(cls, noted: Mapping[str, Any] | None) -> "Transform | None":
        """Make the transform that the record of a network names.

        Parameters
        ----------
        noted : mapping of str to JSON values, or None
            The attribute ``transform`` of the record.

        Returns
        -------
        Transform or None
            None for a network of digits, which has none.

        """
        if noted is None:
            return None
        values: dict[str, Any] = dict(noted)
        return cls(**{**values, "mean": tuple(noted["mean"]), "std": tuple(noted["std"])})

    def __post_init__(self) -> None:
        _check(self)

    @property
    def channels(self) -> int:
        """Channels of an input: 1 (grey), 3 (RGB) or 4 (RGB and opacity)."""
        return len(self.mean)

    def __call__(self, image: Image.Image) -> NDArray[np.float32]:
        """Transform an image.

        Parameters
        ----------
        image : Image
            Of any mode.

        Returns
        -------
        ndarray of float32, shape (c, crop, crop)

        Raises
        ------
        InputError
            The image is so narrow that its longer side would exceed `LONGEST_SIDE`.

        """
        return self.normal(np.asarray(view(self, image)))

    def normal(self, shades: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Normalise an image.

        Parameters
        ----------
        shades : ndarray of uint8, shape (h, w, c), or (h, w) for one channel
            Colours.

        Returns
        -------
        ndarray of float32, shape (c, h, w)

        Raises
        ------
        InputError
            The image has another number of channels.

        """
        values = _of_channels(shades, self.channels).astype(np.float32) / np.float32(255)
        return np.ascontiguousarray(self._normalised(values).transpose(2, 0, 1))

    def shades(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Undo `normal`.

        Parameters
        ----------
        inputs : ndarray of float32, shape (c, h, w)
            Normalised values.

        Returns
        -------
        ndarray of float32, shape (c, h, w)
            From 0 to 255, not rounded.

        """
        mean, std = (
            np.asarray(part, dtype=np.float32)[:, None, None] for part in (self.mean, self.std)
        )
        return np.asarray((inputs * std + mean) * np.float32(255))

    def shown(self, image: Image.Image) -> NDArray[np.uint8]:
        """Resize an image and cut its middle, as people see the network's input.

        Parameters
        ----------
        image : Image
            Of any mode.

        Returns
        -------
        ndarray of uint8, shape (crop, crop, 3), or (crop, crop) for one channel
            Without opacity.

        """
        return visible(view(self, image))

    @property
    def low(self) -> NDArray[np.float32]:
        """Lowest value of each channel of an input: (c,) float32."""
        return self._normalised(np.zeros(self.channels, dtype=np.float32))

    @property
    def high(self) -> NDArray[np.float32]:
        """Highest value of each channel of an input: (c,) float32."""
        return self._normalised(np.ones(self.channels, dtype=np.float32))

    def _normalised(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        mean, std = (np.asarray(channel, dtype=np.float32) for channel in (self.mean, self.std))
        normal: NDArray[np.float32] = np.divide(values - mean, std)
        return normal


@dataclass(frozen=True)
class Changes:
    """What a configuration changes of the transform that comes with a network.

    Parameters
    ----------
    resize, crop : int, optional
        As of `Transform`.
    mean, std : tuple of float, optional
        One value stands for all channels.
    channels : int, optional
        One, three or four; by default as many as the mean or std has values, or as the network has.
    interpolation : str, optional
        One of `INTERPOLATIONS`.

    """

    resize: int | None = None
    crop: int | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    channels: int | None = None
    interpolation: str | None = None

    def applied(self, usual: Transform | None) -> Transform | None:
        """Make the changed transform.

        Parameters
        ----------
        usual : Transform or None
            Of the network; None where it has none.

        Returns
        -------
        Transform or None
            None where there is none and nothing is said of one.

        Raises
        ------
        InputError
            A value is impossible, or expected and not given.

        """
        given = {name: value for name, value in vars(self).items() if value is not None}
        channels = given.pop("channels", None) or self._channels(usual)
        for name in ("mean", "std"):
            if name in given:
                values = tuple(given[name])
                given[name] = values * channels if len(values) == 1 else values
        expected = {"resize", "crop", "mean", "std"} if usual is None else set()
        if usual is not None and channels != usual.channels:
            expected = {"mean", "std"}
        missing = sorted(expected - set(given))
        if usual is None and not given:
            return None
        if missing:
            raise InputError(
                f"transform of {channels} channels: expected {' and '.join(missing)} too"
            )
        if any(len(given.get(name, range(channels))) != channels for name in ("mean", "std")):
            raise InputError(
                f"transform: mean {self.mean} and std {self.std}; expected one value or {channels} each"
            )
        return Transform(**given) if usual is None else replace(usual, **given)

    def _channels(self, usual: Transform | None) -> int:
        said = max(len(values) for values in (self.mean or (), self.std or ()))
        if said > 1:
            return said
        return usual.channels if usual is not None else said or 3


def view(transform: Transform, image: Image.Image) -> Image.Image:
    """Resize an image and cut its middle.

    Parameters
    ----------
    transform : Transform
        Of a network.
    image : Image
        Of any mode.

    Returns
    -------
    Image
        (crop, crop), of the mode of the network's channels; see `MODES`.

    Raises
    ------
    InputError
        The image is so narrow that its longer side would exceed `LONGEST_SIDE`.

    """
    resized = _resized(
        image.convert(MODES[transform.channels]), transform.resize, transform.interpolation
    )
    left, top = (round((side - transform.crop) / 2) for side in resized.size)
    return resized.crop((left, top, left + transform.crop, top + transform.crop))


def scaled(transform: Transform, shown: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalise images of values from 0 to 1, which need not be those of bytes.

    Parameters
    ----------
    transform : Transform
        Of a network.
    shown : ndarray of float32, shape (n, c, h, w)
        Images as people see them.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    Raises
    ------
    InputError
        The images have another number of channels.

    """
    if shown.shape[1] != transform.channels:
        raise InputError(f"images of {shown.shape[1]} channels; expected {transform.channels}")
    mean, std = (
        np.asarray(part, dtype=np.float32)[:, None, None]
        for part in (transform.mean, transform.std)
    )
    return np.asarray((shown - mean) / std, dtype=np.float32)


def visible(seen: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of `view` as people see them.

    Parameters
    ----------
    seen : Image
        Of one of `MODES`.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3), or (h, w) for one channel
        Without opacity.

    """
    shades = np.array(seen)
    return shades if shades.ndim == 2 else np.ascontiguousarray(shades[..., :3])


def describe(transform: Transform | None) -> str:
    """Say what of an image a network is given, with all values.

    Parameters
    ----------
    transform : Transform or None
        Of the network; None for digits.

    Returns
    -------
    str
        Part of a line.

    """
    if transform is None:
        return "digits as they are, channels 1"
    mean, std = (
        ", ".join(f"{value:.4g}" for value in part) for part in (transform.mean, transform.std)
    )
    size = f"resize {transform.resize} ({transform.interpolation}), crop {transform.crop}"
    return f"{size}, channels {transform.channels}, mean {mean}, std {std}"


def _check(transform: Transform) -> None:
    if not 0 < transform.crop <= transform.resize:
        raise InputError(
            f"crop {transform.crop} and resize {transform.resize}; expected crop <= resize"
        )
    if transform.interpolation not in INTERPOLATIONS:
        known = ", ".join(INTERPOLATIONS)
        raise InputError(f"interpolation '{transform.interpolation}'; expected one of {known}")
    if len(transform.mean) not in MODES or len(transform.std) != len(transform.mean):
        raise InputError(
            f"mean {transform.mean} and std {transform.std}; expected one, three or four values, of both "
            "the same number"
        )
    if not all(map(math.isfinite, (*transform.mean, *transform.std))) or min(transform.std) <= 0:
        raise InputError(
            f"mean {transform.mean} and std {transform.std}; expected finite values, and std above 0"
        )


def _of_channels(shades: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    shades = shades[..., None] if shades.ndim == 2 else shades
    if shades.shape[-1] != channels:
        raise InputError(f"image of {shades.shape[-1]} channels; expected {channels}")
    return shades


def _resized(image: Image.Image, shorter: int, interpolation: str) -> Image.Image:
    """Resize an image so that its shorter side has so many pixels."""
    short, long = min(image.size), max(image.size)
    if short == shorter:
        return image
    longer = int(shorter * long / short)
    if longer > LONGEST_SIDE:
        raise InputError(f"image of {image.width} x {image.height} pixels is too narrow")
    size = (longer, shorter) if image.width >= image.height else (shorter, longer)
    return image.resize(size, INTERPOLATIONS[interpolation])


IMAGENET = Transform(256, 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""The transform of most ImageNet classifiers."""

LITE0 = Transform(256, 224, (127 / 255,) * 3, (128 / 255,) * 3, "bicubic")
"""EfficientNet-Lite0's: (x - 127) / 128 for x in 0 to 255."""
