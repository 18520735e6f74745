"""barycentre: the mean of moved images is what each distance says it is."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from unhans.errors import InputError
from unhans.images import digits
from unhans.paper.barycentre import (
    PLACES,
    barycentres,
    corner_weights,
    euclidean,
    grids,
    moved,
    wasserstein,
)
from unhans.paper.barycentre_figure import barycentre_figure
from unhans.paper.gromov_barycentre import _couple_all, _improve, _Space, gromov_wasserstein
from unhans.paper.plane import on_grid
from unhans.reporting.figures import style
from unhans.spray.transport import support


@pytest.fixture(scope="module")
def digit():
    return digits.build(8, validation=0.5, seed=0, planted=()).of_class(3).images[7]


@pytest.fixture(scope="module")
def made(digit):
    return barycentres(digit, grid=2)


def glyph(side=20):
    """A hook like a 7's with a serif: none of its motions but the identity leaves it as it is."""
    image = np.zeros((side, side))
    image[3, 3:10] = 1
    image[3:15, 9] = np.linspace(1, 0.4, 12)
    image[4:6, 3] = 0.7
    image[14, 10:12] = 0.5
    return image


def turned(image):
    """The same shape in four places, by motions that keep it on the pixels."""
    mirrored = np.roll(image[:, ::-1], (2, 1), axis=(0, 1))
    return np.stack([image, np.rot90(image), np.roll(image, (3, 4), axis=(0, 1)), mirrored])


def moments(image):
    """Centre of mass, and the variance along each axis."""
    mass = image / image.sum()
    grid = np.stack(np.indices(image.shape), axis=-1)
    middle = (mass[..., None] * grid).sum(axis=(0, 1))
    return middle, (mass[..., None] * (grid - middle) ** 2).sum(axis=(0, 1))


def likeness(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def test_copies_keep_the_mass_and_differ_in_place_and_angle(digit):
    images = moved(digit, seed=3)
    assert images.shape == (4, 48, 48)
    np.testing.assert_allclose(images.sum(axis=(1, 2)), digit.sum(), rtol=0.01)
    middles = np.array([moments(image)[0] for image in images])
    assert pdist(middles).min() > 5
    assert (np.sign(middles - 23.5) == PLACES).all()
    assert images.min() >= 0


def test_copies_follow_the_seed(digit):
    np.testing.assert_array_equal(moved(digit, 1), moved(digit, 1))
    assert not np.array_equal(moved(digit, 1), moved(digit, 2))


def test_euclidean_of_identical_images_is_the_image():
    np.testing.assert_array_equal(euclidean([glyph()] * 4), glyph())


def test_euclidean_is_the_mean_of_pixels():
    images = np.random.default_rng(0).random((3, 5, 7)).astype(np.float32)
    np.testing.assert_allclose(euclidean(images), images.mean(axis=0), rtol=1e-6)


def test_wasserstein_of_identical_images_is_the_image_but_for_its_blur():
    found = wasserstein([glyph()] * 3, regularisation := 2e-3)
    (middle, spread), (wanted, sharp) = moments(found), moments(glyph())
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(middle, wanted, atol=0.05)
    blur = regularisation / 2 * 19**2  # variance of the kernel, in pixels
    assert (spread - sharp < 1.5 * blur).all()
    assert likeness(found, glyph()) > 0.8


def test_wasserstein_of_two_places_is_the_image_half_way():
    image = np.pad(glyph(), 6)
    found = wasserstein([np.roll(image, -5, axis=1), np.roll(image, 5, axis=1)], 1e-3)
    alone = wasserstein([image, image], 1e-3)
    np.testing.assert_allclose(found, alone, atol=1e-4 * found.max())


def test_wasserstein_is_sharper_with_less_regularisation():
    spreads = [moments(wasserstein(turned(glyph()), weight))[1].sum() for weight in (1e-2, 2e-3)]
    assert spreads[0] > spreads[1]


def test_gromov_wasserstein_of_one_shape_in_many_places_is_the_shape_over_the_first():
    found = gromov_wasserstein(turned(glyph()), mass_fraction=1)
    assert found.objective == pytest.approx(0, abs=1e-9)
    drawn = on_grid(found.points, found.mass, glyph().shape)
    np.testing.assert_allclose(drawn, glyph() / glyph().sum(), atol=1e-6)


def test_gromov_wasserstein_is_unchanged_by_moving_the_images():
    random = np.random.default_rng(0)
    images = np.stack([glyph() * random.uniform(0.5, 1, (20, 20)) for _ in range(3)])
    before = gromov_wasserstein(images)
    after = gromov_wasserstein(
        [images[0], np.rot90(images[1]), np.roll(images[2][::-1], 2, axis=1)]
    )
    assert before.objective > 0
    assert after.objective == pytest.approx(before.objective, rel=1e-3)
    pictures = [on_grid(one.points, one.mass, (20, 20)) for one in (before, after)]
    assert likeness(*pictures) > 0.99


def test_gromov_wasserstein_is_no_further_from_the_images_than_each_of_them():
    images = moved(glyph(), seed=5)
    found = gromov_wasserstein(images)
    supports = support.of_all(images)
    spaces = [_Space(cdist(one.points, one.points), one.mass) for one in supports]
    for one, plans in zip(spaces, _couple_all(spaces), strict=True):
        pairs = zip(spaces, plans, strict=True)
        costs = [_improve(one, other, plan).cost for other, plan in pairs]
        assert found.objective <= np.mean(costs)


def test_gromov_wasserstein_of_single_pixels_is_a_pixel():
    images = np.zeros((2, 5, 5))
    images[0, 1, 3] = images[1, 4, 0] = 2
    found = gromov_wasserstein(images)
    np.testing.assert_allclose(found.points, [[1, 3]])
    np.testing.assert_allclose(found.mass, [1])


def test_a_real_digit_survives_gromov_wasserstein_alone(digit):
    images = moved(digit)
    weights = np.full((1, 1, 4), 0.25)
    found = [one[0, 0] for one in grids(images, weights)]
    likenesses = [likeness(one, images[0]) for one in found]
    assert likenesses[2] > 0.9
    assert likenesses[0] < 0.7
    assert likenesses[1] < 0.5
    np.testing.assert_allclose([one.sum() for one in found], 1)


def test_the_corners_of_a_grid_are_the_images(made):
    images = made.images / made.images.sum(axis=(1, 2), keepdims=True)
    for grid in (made.euclidean, made.wasserstein, made.gromov_wasserstein):
        assert grid.shape == (2, 2, 48, 48)
        clockwise = [grid[place] for place in ((0, 0), (0, 1), (1, 1), (1, 0))]
        np.testing.assert_array_equal(clockwise, images)
    # As the images lie on their canvases.
    middles = [moments(image)[0] > 23.5 for image in images]
    np.testing.assert_array_equal(middles, [[0, 0], [0, 1], [1, 1], [1, 0]])


def test_weights_fall_from_each_corner_to_those_beside_it():
    weights = corner_weights(5)
    assert weights[0, 0].tolist() == [1, 0, 0, 0]
    assert weights[0, 4].tolist() == [0, 1, 0, 0]
    assert weights[0, 2].tolist() == [0.5, 0.5, 0, 0]
    assert weights[2, 2].tolist() == [0.25] * 4
    np.testing.assert_allclose(weights.sum(axis=-1), 1)


def test_wasserstein_moves_by_the_weights():
    image = np.pad(glyph(), 8)
    ends = np.stack([np.roll(image, -6, axis=1), np.roll(image, 6, axis=1)])
    found = moments(wasserstein(ends, 2e-3, [0.75, 0.25]))[0]
    np.testing.assert_allclose(found, moments(image)[0] - [0, 3], atol=0.05)


def test_gromov_wasserstein_lies_over_the_image_of_the_largest_weight():
    images = turned(glyph())
    found = gromov_wasserstein(images, 1, [0.1, 0.2, 0.6, 0.1])
    drawn = on_grid(found.points, found.mass, glyph().shape)
    np.testing.assert_allclose(drawn, images[2] / images[2].sum(), atol=1e-6)


BLANK = np.stack([glyph(), np.zeros((20, 20))])
BROKEN = np.stack([glyph(), np.full((20, 20), np.nan)])


@pytest.mark.parametrize("average", [euclidean, wasserstein, gromov_wasserstein])
@pytest.mark.parametrize("images", [BROKEN, np.zeros((0, 4, 4)), np.ones((4, 4))])
def test_images_that_are_none_are_refused(average, images):
    with pytest.raises(InputError, match="expected"):
        average(images)


@pytest.mark.parametrize("average", [wasserstein, gromov_wasserstein])
@pytest.mark.parametrize(
    ("images", "message"),
    [(BLANK, "image 1 is empty"), (-BLANK, "image 0 has negative values")],
)
def test_images_without_mass_are_refused(average, images, message):
    with pytest.raises(InputError, match=message):
        average(images)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wasserstein(np.ones((2, 3, 4))), "images are 3 x 4; expected squares"),
        (lambda: wasserstein(moved(glyph()), 1e-6), "does not converge at regularisation = 1e-06"),
        (lambda: gromov_wasserstein([glyph()], 0), "mass_fraction is 0"),
        (lambda: gromov_wasserstein([glyph()], 1.5), "mass_fraction is 1.5"),
        (lambda: moved(np.ones(3)), r"shape \(3,\)"),
        (lambda: moved(BROKEN[1]), "finite"),
    ],
)
def test_what_cannot_be_averaged_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_equal_inputs_give_equal_files(made, digit, tmp_path):
    style.save(barycentre_figure(made), tmp_path / "one.png")
    style.save(barycentre_figure(barycentres(digit, grid=2)), tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
