"""digits: real ones, and the truth about planted artefacts."""

import numpy as np
import pytest

from unhans.config import images
from unhans.images import digits
from unhans.images.planting import Planting

PLANTED = [Planting("corner", "3", 0.25, 0), Planting("border", "8", 0.2, 1)]


@pytest.fixture(scope="module")
def made():
    return digits.build(per_class=100, validation=0.2, seed=0, planted=PLANTED)


def test_every_class_is_there_with_its_held_out_fraction(made):
    assert made.images.shape == (1000, 28, 28)
    for index in range(10):
        members = made.label == index
        assert members.sum() == 100
        assert made.validation[members].sum() == 20


def test_planting_marks_the_same_fraction_of_both_splits_of_its_class_alone(made):
    for code, entry in enumerate(PLANTED, start=1):
        marked = made.artefact == code
        assert set(made.label[marked]) == {int(entry.class_id)}
        for held_out, size in ((False, 80), (True, 20)):
            assert (marked & (made.validation == held_out)).sum() == entry.rate * size
        assert made.mask[marked].any(axis=(1, 2)).all()
    assert not made.mask[made.artefact == 0].any()


def test_unmarked_images_are_the_real_digits(made):
    plain = digits.build(per_class=100, validation=0.2, seed=0, planted=[])
    unmarked = made.artefact == 0
    np.testing.assert_array_equal(made.images[unmarked], plain.images[unmarked])
    assert (made.images[~unmarked] != plain.images[~unmarked]).any(axis=(1, 2)).all()


def test_noise_and_blur_make_digits_harder_and_leave_the_artefacts_crisp(made):
    hard = digits.build(100, 0.2, 0, PLANTED, blur=1.0, noise=30.0)
    np.testing.assert_array_equal(hard.artefact, made.artefact)
    marked = hard.mask & (hard.artefact == 2)[:, None, None]
    assert (hard.images[marked] == 255).all()
    plain = digits.build(100, 0.2, 0, [], blur=1.0)
    difference = hard.images[made.artefact == 0].astype(float) - plain.images[made.artefact == 0]
    grey = (plain.images[made.artefact == 0] > 80) & (plain.images[made.artefact == 0] < 170)
    assert 25 < difference[grey].std() < 32  # of 30, less what is clipped
    assert abs(difference[grey].mean()) < 1
    steps = [np.abs(np.diff(own.images.astype(float))).mean() for own in (made, plain)]
    assert steps[1] < 0.8 * steps[0]


def test_the_noise_of_an_image_depends_on_seed_and_number_alone():
    few, many = (digits.build(size, 0.2, 4, [], noise=20.0) for size in (50, 100))
    both = np.isin(many.number, few.number)
    np.testing.assert_array_equal(many.images[both], few.images)
    other = digits.build(50, 0.2, 5, [], noise=20.0)
    assert (other.images != few.images).mean() > 0.3


def test_a_class_holds_its_own_rows_of_every_array(made):
    own = made.of_class(3)
    assert set(own.label) == {3}
    np.testing.assert_array_equal(own.number, made.number[made.label == 3])
    np.testing.assert_array_equal(own.mask, made.mask[made.label == 3])


def test_classes_are_put_together_as_they_were_built_in_any_order(made):
    classes = [made.of_class(index).arrays() for index in (7, 0, 3, 9, 1, 2, 8, 4, 6, 5)]
    joined = digits.joined(classes)
    for name, array in made.arrays().items():
        np.testing.assert_array_equal(joined.arrays()[name], array)


def test_the_same_seeds_give_the_same_digits(made):
    again = digits.build(per_class=100, validation=0.2, seed=0, planted=PLANTED)
    for name, array in made.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])
    other = digits.build(per_class=100, validation=0.2, seed=1, planted=PLANTED)
    assert (other.validation != made.validation).any()


def test_the_config_knows_the_same_classes():
    assert digits.DIGITS == images.DIGITS  # each has its own: a digest must see the corpus'


def test_inputs_lie_between_zero_and_one(made):
    inputs = digits.as_inputs(made.images[:3])
    assert inputs.shape == (3, 1, 28, 28)
    assert inputs.dtype == np.float32
    assert inputs.min() == 0
    assert inputs.max() == 1
