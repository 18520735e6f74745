"""appearance: what a group differs by all over is measured, applied, and controlled at equal size."""

import numpy as np
import pytest
from scipy import ndimage

from unhans.artefacts import appearance


@pytest.fixture
def photos(random):
    """Images (24, 3, 32, 32) with more coarse structure than fine, as photographs have."""
    made = random.standard_normal((24, 3, 32, 32))
    made = ndimage.gaussian_filter(made, (0, 0, 2, 2)) + 0.1 * made
    return (made + random.standard_normal((24, 1, 1, 1)) / 4).astype(np.float32)


def tinted(images):
    return images + np.array([0.5, 0, -0.3], dtype=np.float32)[:, None, None]


def faint(images):
    mean = images.mean(axis=(2, 3), keepdims=True)
    return mean + (images - mean) / 2


def blurred(images):
    return ndimage.gaussian_filter(images, (0, 0, 1, 1))


@pytest.mark.parametrize("change", [tinted, faint, blurred])
def test_a_change_of_the_whole_image_is_found_and_applied(photos, change):
    found = appearance.difference(change(photos[:12]), photos[:12])
    wanted = change(photos[12:])
    before = np.abs(photos[12:] - wanted).mean()
    assert np.abs(found.insert(photos[12:]) - wanted).mean() < 0.35 * before


def test_a_tint_shifts_the_means_and_a_blur_does_not(photos):
    shift = appearance.difference(tinted(photos), photos).shift
    assert shift == pytest.approx([0.5, 0, -0.3], abs=1e-5)
    found = appearance.difference(blurred(photos), photos)
    assert np.abs(found.shift).max() < 0.02
    assert (found.gain[:, -1] < -1).all()
    assert np.abs(found.gain[:, 0]).max() < 0.2


def test_equal_images_have_no_difference(photos):
    found = appearance.difference(photos, photos)
    assert not found.shift.any()
    assert not found.gain.any()
    assert found.consistency == 0
    assert np.abs(found.insert(photos) - photos).max() < 1e-5


def test_the_control_is_another_change_of_the_same_size(photos):
    found = appearance.difference(blurred(tinted(photos[:12])), photos[12:])
    wide = appearance.Appearance(found.shift, found.gain, found.low - 9, found.high + 9, 1.0)
    own, other = (make(photos) - photos for make in (wide.insert, lambda x: wide.control(x, 0)))
    size = (np.sqrt((one**2).mean(axis=(1, 2, 3))) for one in (own, other))
    assert next(size) == pytest.approx(next(size), rel=1e-3)
    means = own.mean(axis=(2, 3)), other.mean(axis=(2, 3))
    assert np.abs((means[0] * means[1]).sum(axis=1)).max() < 1e-4  # at right angles: another hue
    assert np.array_equal(wide.control(photos, 0), wide.control(photos, 0))
    assert not np.array_equal(wide.control(photos, 0), wide.control(photos, 1))


def test_changed_images_stay_within_the_range_of_images(photos):
    found = appearance.difference(photos + 5, photos)
    changed = found.insert(photos)
    assert changed.max() <= photos.max() + 5
    found = appearance.difference(photos[:12] - 1, photos[:12])
    assert found.insert(photos).min() >= photos.min() - 1


def test_a_single_channel_is_shifted_the_other_way_by_the_control(photos):
    grey = photos[:, :1]
    found = appearance.difference(grey + 0.5, grey)
    assert (found.control(grey, 0) - grey).mean() == pytest.approx(-0.5, abs=0.05)


def test_flat_images_are_no_error():
    flat = np.zeros((3, 1, 8, 8), dtype=np.float32)
    found = appearance.difference(flat + 1, flat)
    assert found.consistency > 0
    assert np.array_equal(found.insert(flat), flat + 1)
    assert np.isfinite(found.control(flat, 0)).all()
