"""donors: every class gives its surroundings about as often, and never to itself."""

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.images.changes.catalogue import Donated, Step, changed
from unhans.probes import donors
from unhans.probes.groups import of_arrays


@pytest.mark.parametrize("sizes", [[5, 5], [50] * 10, [3, 50, 7], [1, 1, 1], [0, 4, 4, 0, 9]])
def test_a_donor_is_an_image_of_another_class(sizes):
    for place, size in enumerate(sizes):
        pairs = donors.assigned(sizes, place)
        assert len(pairs) == size
        assert (pairs[:, 0] != place).all()
        assert (pairs[:, 1] >= 0).all()
        assert (pairs[:, 1] < np.array(sizes)[pairs[:, 0]]).all()


def test_all_classes_give_to_as_many_images():
    given = np.concatenate([donors.assigned([50] * 10, place)[:, 0] for place in range(10)])
    counts = np.bincount(given, minlength=10)
    assert counts.sum() == 500
    assert np.ptp(counts) <= 9
    many = np.concatenate([donors.assigned([4] * 100, place)[:, 0] for place in range(100)])
    assert set(np.bincount(many)) == {4}


def test_without_another_class_an_image_stays_as_it_is():
    images = np.random.default_rng(0).random((3, 1, 8, 8)).astype(np.float32)
    groups = of_arrays(images, np.zeros(3, dtype=int), {"a": "A"})
    found = donors.of_class(groups, 0, images)
    assert (found.place == donors.NONE).all()
    assert np.array_equal(found.images.other, images)


def test_donors_are_the_images_that_were_assigned():
    images = np.random.default_rng(0).random((12, 3, 8, 8)).astype(np.float32)
    label = np.repeat([0, 1, 2], [5, 4, 3])
    groups = of_arrays(images, label, {"a": "A", "b": "B", "c": "C"})
    pairs, found = donors.assigned([5, 4, 3], 0), donors.of_class(groups, 0, images[:5])
    for row, (giver, at) in enumerate(pairs):
        assert np.array_equal(found.images.other[row], images[label == giver][at])
    assert found.place.tolist() == pairs[:, 0].tolist()
    assert np.array_equal(found.images.own, images[[1, 2, 3, 4, 0]])


def test_the_middle_stays_and_the_surroundings_are_the_donors():
    random = np.random.default_rng(1)
    images, other = random.random((2, 2, 3, 20, 20)).astype(np.float32)
    made = changed(images, Step("scene_of_others", 0.6), donated=Donated(images, other))
    from_donor = (made == other).all(axis=(0, 1))
    assert np.array_equal((made == images).all(axis=(0, 1)), ~from_donor)
    assert from_donor.mean() == pytest.approx(0.6, abs=0.05)
    assert from_donor[0].all()
    assert not from_donor[10, 10]
    own = changed(images, Step("scene_of_own", 0.6), donated=Donated(images, other))
    assert np.array_equal(own, images)


def test_an_exchange_without_donors_is_refused():
    with pytest.raises(InputError, match="scene_of_others"):
        changed(np.zeros((2, 1, 8, 8), np.float32), Step("scene_of_others", 0.4))
