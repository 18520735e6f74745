"""appearance against its definition: cosine sums, a coefficient at a time."""

import numpy as np
import pytest

from unhans.artefacts import appearance


def slow_coefficients(channel):
    """Orthonormal discrete cosine transform (DCT-II) from its formula."""
    h, w = channel.shape
    found = np.zeros((h, w))
    for u in range(h):
        for v in range(w):
            rows = np.cos(np.pi * (2 * np.arange(h) + 1) * u / (2 * h))
            columns = np.cos(np.pi * (2 * np.arange(w) + 1) * v / (2 * w))
            scale = np.sqrt((1 if u == 0 else 2) / h) * np.sqrt((1 if v == 0 else 2) / w)
            found[u, v] = scale * (channel * np.outer(rows, columns)).sum()
    return found


def slow_band(u, v, h, w):
    if u == v == 0:
        return None
    lowest = 1 / max(h, w)
    radius = max(np.hypot(u / h, v / w), lowest)
    return min(
        int(appearance.BANDS * np.log(radius / lowest) / np.log(1 / lowest)), appearance.BANDS - 1
    )


def slow_strengths(channel):
    h, w = channel.shape
    found = slow_coefficients(channel)
    powers = {}
    for u in range(h):
        for v in range(w):
            powers.setdefault(slow_band(u, v, h, w), []).append(found[u, v] ** 2)
    return {band: np.log(np.mean(own)) / 2 for band, own in powers.items() if band is not None}


@pytest.mark.parametrize("shape", [(8, 8), (6, 9)])
def test_gains_and_shifts_are_differences_of_means(random, shape):
    inside = random.random((4, 2, *shape)) * 2
    outside = random.random((5, 2, *shape))
    found = appearance.difference(inside, outside)
    for channel in range(2):
        own, other = (
            [slow_strengths(image[channel]) for image in part] for part in (inside, outside)
        )
        for band in own[0]:
            means = [np.mean([one[band] for one in part]) for part in (own, other)]
            assert found.gain[channel, band] == pytest.approx(means[0] - means[1])
        shift = inside[:, channel].mean() - outside[:, channel].mean()
        assert found.shift[channel] == pytest.approx(shift)
    empty = [band for band in range(appearance.BANDS) if band not in slow_strengths(inside[0, 0])]
    assert not found.gain[:, empty].any()


def test_an_image_is_changed_coefficient_by_coefficient(random):
    h, w = 6, 8
    image = random.random((1, h, w))
    gain = random.standard_normal((1, appearance.BANDS))
    wide = appearance.Appearance(np.array([0.25]), gain, np.array([-99.0]), np.array([99.0]), 1.0)
    wanted = slow_coefficients(image[0])
    for u in range(h):
        for v in range(w):
            band = slow_band(u, v, h, w)
            wanted[u, v] *= 1 if band is None else np.exp(gain[0, band])
    changed = slow_coefficients(wide.insert(image[None])[0, 0].astype(np.float64) - 0.25)
    assert changed == pytest.approx(wanted, abs=1e-5)
