"""Transform: from an image file's pixels to what a network takes, Pillow and NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
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

LONGEST_SIDE = 65_536
"""Pixels of a resized image's longer side: a strip of 1 x 10,000 pixels would else fill the memory."""


@dataclass(frozen=True)
class Transform:
    """From an image to a network's input: shorter side to `resize`, middle `crop`, normalised.

    Pillow and NumPy alone; equal to torchvision's ``ImageClassification`` bit for bit.
    """

    resize: int
    crop: int
    mean: tuple[float, float, float]
    """of values in [0, 1]"""
    std: tuple[float, float, float]
    interpolation: str = "bilinear"
    """one of `INTERPOLATIONS`"""

    @classmethod
    def of(cls, said: Mapping[str, Any] | None) -> "Transform | None":
        """Make the transform that the record of a network tells of, if it has one."""
        if said is None:
            return None
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
        }
        return cls(**values)

    def __post_init__(self) -> None:
        if not 0 < self.crop <= self.resize:
            raise InputError(f"crop {self.crop} and resize {self.resize}; expected crop <= resize")
        if self.interpolation not in INTERPOLATIONS:
            known = ", ".join(INTERPOLATIONS)
            raise InputError(f"interpolation '{self.interpolation}'; expected one of {known}")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise InputError("mean and std want three values each, and std above 0")

    def __call__(self, image: Image.Image) -> NDArray[np.float32]:
        """Transform an image of any mode: (3, crop, crop) float32.

        Raises
        ------
        InputError
            The image is so narrow that its other side would be resized beyond all measure.

        """
        return self.normal(np.asarray(self._middle(image)))

    def normal(self, shades: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Normalise an image (h, w, 3) uint8: (3, h, w) float32."""
        values = shades.astype(np.float32) / np.float32(255)
        return np.ascontiguousarray(self._normalised(values).transpose(2, 0, 1))

    def shades(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Undo `normal`: (3, h, w) from 0 to 255, not rounded."""
        mean, std = (
            np.asarray(part, dtype=np.float32)[:, None, None] for part in (self.mean, self.std)
        )
        return np.asarray((inputs * std + mean) * np.float32(255))

    def shown(self, image: Image.Image) -> NDArray[np.uint8]:
        """Cut an image as a network sees it, for people: (crop, crop, 3) uint8."""
        return np.array(self._middle(image))

    @property
    def low(self) -> NDArray[np.float32]:
        """Lowest value that each channel of an input can take: (3,) float32."""
        return self._normalised(np.zeros(3, dtype=np.float32))

    @property
    def high(self) -> NDArray[np.float32]:
        """Highest value that each channel of an input can take: (3,) float32."""
        return self._normalised(np.ones(3, dtype=np.float32))

    def _middle(self, image: Image.Image) -> Image.Image:
        resized = self._resized(image.convert("RGB"))
        left, top = (round((side - self.crop) / 2) for side in resized.size)
        return resized.crop((left, top, left + self.crop, top + self.crop))

    def _normalised(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        mean, std = (np.asarray(channel, dtype=np.float32) for channel in (self.mean, self.std))
        normal: NDArray[np.float32] = np.divide(values - mean, std)
        return normal

    def _resized(self, image: Image.Image) -> Image.Image:
        short, long = min(image.size), max(image.size)
        if short == self.resize:
            return image
        longer = int(self.resize * long / short)
        if longer > LONGEST_SIDE:
            raise InputError(f"image of {image.width} x {image.height} pixels is too narrow")
        wide = image.width >= image.height
        size = (longer, self.resize) if wide else (self.resize, longer)
        return image.resize(size, INTERPOLATIONS[self.interpolation])


IMAGENET = Transform(256, 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""What most ImageNet classifiers expect."""

LITE0 = Transform(256, 224, (127 / 255,) * 3, (128 / 255,) * 3, "bicubic")
"""EfficientNet-Lite0's: (x - 127) / 128 for x in 0 to 255."""
