"""Appearance: what the images of a group differ by all over - colours, contrast and frequencies.

A tint, fog, blur or compression lies at no place and shows nothing, so that it cannot be cut out. Each
image is described by the mean of each channel, and by the strength of its details in `BANDS` bands of
spatial frequency. The mean differences between the group and the other images of its class are then
applied to images of other classes: the means are shifted, and each band is multiplied, which changes
contrast where all bands change alike.

Frequencies are those of the discrete cosine transform. It continues an image by its mirror image; the
Fourier transform has an edge where the left border meets the right one, which no blur removes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from unhans.types import Array

BANDS = 16
"""Bands of spatial frequency, by octaves from one period an image to one in two pixels."""

QUIET = 1e-8
"""Power below which a band counts as silent, as a share of that of the whole image."""

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Appearance:
    """Change of an image's colours, contrast and frequencies.

    Parameters
    ----------
    shift : ndarray of float64, shape (c,)
        Added to the mean of each channel.
    gain : ndarray of float64, shape (c, bands)
        Logarithm of what the details of each band are multiplied by.
    low, high : ndarray of float64, shape (c,)
        Range of each channel, which a changed image does not leave.
    consistency : float
        How well these values separate the group from the other images, from 0 to 1.

    """

    shift: Values
    gain: Values
    low: Values
    high: Values
    consistency: float

    def insert(self, images: Array) -> NDArray[np.float32]:
        """Apply the change to images.

        Parameters
        ----------
        images : ndarray, shape (n, c, h, w)
            Inputs of the network; they stay as they are.

        Returns
        -------
        ndarray of float32, shape (n, c, h, w)

        """
        own = np.asarray(images, dtype=np.float32)
        changed = (one + _filtered(one, self.gain) + self.shift[:, None, None] for one in own)
        return self._within(np.stack(list(changed)), own)

    def control(self, images: Array, seed: int) -> NDArray[np.float32]:
        """Apply another change of the same size to images, each its own.

        The shift is turned into another hue: a random direction at right angles to it, or the opposite
        one of a single channel. The gains change places among the bands, and each band its sign, by
        chance; they are then scaled so that the details of the image change by as much (root mean
        square).

        Parameters
        ----------
        images : ndarray, shape (n, c, h, w)
            Inputs of the network; they stay as they are.
        seed : int
            Of what is random.

        Returns
        -------
        ndarray of float32, shape (n, c, h, w)

        """
        own = np.asarray(images, dtype=np.float32)
        random = np.random.default_rng(seed)
        changed = []
        for image in own:
            wanted = _filtered(image, self.gain)
            signs = random.choice([-1.0, 1.0], self.gain.shape[1])
            other = _filtered(image, self.gain[:, random.permutation(len(signs))] * signs)
            size = np.linalg.norm(other)
            other *= np.linalg.norm(wanted) / size if size > 0 else 0.0
            changed.append(image + other + _turned(self.shift, random)[:, None, None])
        return self._within(np.stack(changed), own)

    def _within(self, changed: Values, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Keep changed images (n, c, h, w) within the range of images."""
        low = np.minimum(self.low, images.min(axis=(0, 2, 3)))
        high = np.maximum(self.high, images.max(axis=(0, 2, 3)))
        return np.clip(changed, low[:, None, None], high[:, None, None]).astype(np.float32)


def difference(inside: Array, outside: Array) -> Appearance:
    """Measure what images of a group differ by from other images.

    Parameters
    ----------
    inside, outside : ndarray, shape (m, c, h, w) and (n, c, h, w)
        Images of the group, and the others: one of each at least.

    Returns
    -------
    Appearance
        Its consistency is the share of the variance of an image's values that lies between the two
        parts, on average over the values, each part counted as often.

    """
    parts = [np.stack([_values(image) for image in part]) for part in (inside, outside)]
    means = [part.mean(axis=0) for part in parts]
    between = (means[0] - means[1]) ** 2 / 4
    within = (parts[0].var(axis=0) + parts[1].var(axis=0)) / 2
    whole = between + within
    share = np.divide(between, whole, out=np.zeros_like(whole), where=whole > 0)
    moved = means[0] - means[1]
    edges = [
        reduce(np.stack([reduce(part, axis=(0, 2, 3)) for part in (inside, outside)]), axis=0)
        for reduce in (np.min, np.max)
    ]
    low, high = (np.asarray(edge, dtype=np.float64) for edge in edges)
    return Appearance(moved[:, 0], moved[:, 1:], low, high, float(share.mean()))


def bands(shape: tuple[int, int]) -> NDArray[np.int64]:
    """Number the band of each coefficient of the discrete cosine transform of an image.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the image.

    Returns
    -------
    ndarray of int, shape (h, w)
        From 0, the lowest, to ``BANDS - 1``; -1 is the mean of the image.

    """
    rows, columns = (np.arange(length) / length for length in shape)
    # 1 at one period in two pixels along one side; twice the number of periods over the length.
    radius = np.hypot(rows[:, None], columns[None, :])
    lowest = 1 / max(shape)
    octaves = np.log(np.maximum(radius, lowest) / lowest) / np.log(1 / lowest)
    found = np.minimum((octaves * BANDS).astype(np.int64), BANDS - 1)
    found[0, 0] = -1
    return np.asarray(found)


def _values(image: Array) -> Values:
    """Mean, and logarithm of the strength of each band, of each channel: (c, 1 + bands)."""
    own = np.asarray(image, dtype=np.float64)
    places = bands(own.shape[1:])
    counts = np.bincount(places[places >= 0], minlength=BANDS)
    rows = []
    for channel in own:
        power = fft.dctn(channel, norm="ortho") ** 2
        sums = np.bincount(places[places >= 0], power[places >= 0], minlength=BANDS)
        floor = QUIET * power.sum() / power.size
        mean = np.maximum(sums / np.maximum(counts, 1), floor if floor > 0 else 1.0)
        # A small image has bands without a coefficient: nothing differs there.
        strength = np.where(counts > 0, np.log(mean) / 2, 0.0)
        rows.append([channel.mean(), *strength])
    return np.array(rows)


def _filtered(image: Array, gain: Values) -> Values:
    """What multiplying the bands of an image by their gain changes: (c, h, w)."""
    places = bands(image.shape[1:])
    # The mean has a gain of one: the last place.
    factors = np.expm1(np.concatenate([gain, np.zeros((len(gain), 1))], axis=1))[:, places]
    spectrum = fft.dctn(np.asarray(image, dtype=np.float64), axes=(1, 2), norm="ortho")
    return np.asarray(fft.idctn(spectrum * factors, axes=(1, 2), norm="ortho"))


def _turned(shift: Values, random: np.random.Generator) -> Values:
    """Another shift of the same size."""
    size = float(np.linalg.norm(shift))
    if len(shift) < 2 or size == 0:
        return -shift
    along = shift / size
    other = random.standard_normal(len(shift))
    other -= (other @ along) * along
    return np.asarray(size * other / np.linalg.norm(other))
