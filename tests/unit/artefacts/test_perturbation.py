"""perturbation: what was put in comes out again, and a random patch is of the artefact's size."""

import numpy as np
import pytest

from unhans.artefacts import perturbation
from unhans.artefacts.artefact import Artefact
from unhans.errors import InputError

MASK = np.zeros((20, 24), dtype=bool)
MASK[5:9, 10:18] = True


@pytest.fixture
def images(random):
    """Smooth images, as photographs are."""
    axes = np.linspace(0, 3, 20)[:, None], np.linspace(0, 3, 24)[None]
    waves = [np.sin(a * axes[0] + b) + np.cos(c * axes[1]) for a, b, c in random.random((40, 3))]
    return np.stack(waves)[:, None].astype(np.float32)


def mark(kind="fixed", **more):
    template = np.full((1, 20, 24), 5, dtype=np.float32)
    return Artefact(MASK, template, 1, kind, **more)


@pytest.mark.parametrize("kind", ["fixed", "free"])
def test_adding_and_painting_out_restores_smooth_images(images, kind):
    found = mark(kind)
    altered, masks = found.insert(images), found.masks(len(images))
    restored = perturbation.removed(found, altered, masks)
    assert restored.dtype == np.float32
    assert (restored[~masks[:, None]] == images[~masks[:, None]]).all()
    assert np.abs(restored - images).max() < 0.3
    assert np.abs(restored - images).mean() < 0.01 * np.abs(altered - images).mean() * 20


def test_masking_out_restores_the_image_exactly(images):
    found = mark()
    altered = found.insert(images)
    assert (np.where(MASK, images, altered) == images).all()


@pytest.mark.parametrize("kind", ["whole", "overlay"])
def test_what_was_added_is_subtracted(images, kind):
    found = mark(kind)
    altered = found.insert(images)
    restored = perturbation.removed(found, altered, found.masks(len(images)))
    assert restored == pytest.approx(images, abs=1e-5)


def test_masks_of_another_number_are_refused(images):
    with pytest.raises(InputError, match="masks of shape"):
        perturbation.removed(mark(), images, mark().masks(3))


@pytest.mark.parametrize("kind", ["fixed", "free"])
def test_a_random_patch_is_as_large_as_the_artefact_and_shows_another_image(images, kind):
    patched, masks = perturbation.patched(mark(kind), images, 0)
    assert (masks.sum(axis=(1, 2)) == MASK.sum()).all()
    assert (patched[~masks[:, None]] == images[~masks[:, None]]).all()
    assert len({tuple(np.argwhere(one)[0]) for one in masks}) > 20
    shades = set(images.ravel().tolist())
    assert set(patched.ravel().tolist()) <= shades
    again, _ = perturbation.patched(mark(kind), images, 0)
    assert (again == patched).all()


def test_a_patch_is_as_opaque_as_the_artefact(images):
    faint = mark(opacity=MASK * np.float32(0.25))
    whole, faintly = (perturbation.patched(one, images, 0)[0] for one in (mark(), faint))
    assert faintly - images == pytest.approx((whole - images) / 4, abs=1e-6)


@pytest.mark.parametrize("kind", ["whole", "overlay"])
def test_the_control_of_what_is_added_is_as_large_and_as_strong(images, kind):
    found = mark(kind)
    patched, masks = perturbation.patched(found, images, 0)
    assert (masks.sum(axis=(1, 2)) == MASK.sum()).all()
    assert (patched[~masks[:, None]] == images[~masks[:, None]]).all()
    change = (patched - images)[:, 0]
    strength = [np.sqrt((one[where] ** 2).mean()) for one, where in zip(change, masks, strict=True)]
    assert strength == pytest.approx(np.full(40, 5), rel=1e-4)


def test_one_image_has_no_other_to_take_a_patch_from(images):
    with pytest.raises(InputError, match="1 images; expected at least two"):
        perturbation.patched(mark(), images[:1], 0)
