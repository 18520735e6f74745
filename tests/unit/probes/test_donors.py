"""donors: every class gives its surroundings about as often, and never to itself."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.images.changes import regions
from unhans.images.changes.catalogue import Donated, Step, changed
from unhans.probes import donors
from unhans.probes.givers import GIVERS, following
from unhans.probes.groups import of_arrays


def given(sizes, place):
    """Class and image of the donor of each image of a class, of all classes."""
    names = [str(one) for one in range(len(sizes))]
    givers = [int(one) for one in following(names, str(place))]
    pairs = donors.assigned(sizes[place], [sizes[one] for one in givers], place)
    own = np.array([*givers, donors.NONE])[pairs[:, 0]]
    return np.stack([own, pairs[:, 1]], axis=1)


@pytest.mark.parametrize("sizes", [[5, 5], [50] * 10, [3, 50, 7], [1, 1, 1], [0, 4, 4, 0, 9]])
def test_a_donor_is_an_image_of_another_class(sizes):
    for place, size in enumerate(sizes):
        pairs = given(sizes, place)
        assert len(pairs) == size
        assert (pairs[:, 0] != place).all()
        assert (pairs[:, 1] >= 0).all()
        assert (pairs[:, 1] < np.array(sizes)[pairs[:, 0]]).all()


def test_all_classes_give_to_as_many_images():
    counts = np.bincount(np.concatenate([given([50] * 10, place)[:, 0] for place in range(10)]))
    assert counts.sum() == 500
    assert np.ptp(counts) <= 9
    many = np.concatenate([given([4] * 100, place)[:, 0] for place in range(100)])
    assert set(np.bincount(many)) == {4}


def test_few_classes_give_to_a_class_and_each_gives_to_as_many():
    names = [f"{place:03}" for place in range(100)]
    found = {name: following(names, name) for name in names}
    assert {len(one) for one in found.values()} == {GIVERS}
    assert set(Counter(giver for one in found.values() for giver in one).values()) == {GIVERS}
    assert found["098"][:3] == ["099", "000", "001"]
    assert following(["a", "b", "c"], "b") == ["c", "a"]
    assert following(["a"], "a") == []


def test_without_another_class_an_image_stays_as_it_is():
    images = np.random.default_rng(0).random((3, 1, 8, 8)).astype(np.float32)
    found = donors.of_class([], images)
    assert (found.output == donors.NONE).all()
    assert np.array_equal(found.images.other, images)


def test_donors_are_the_images_that_were_assigned():
    images = np.random.default_rng(0).random((12, 3, 8, 8)).astype(np.float32)
    label = np.repeat([0, 1, 2], [5, 4, 3])
    _, *givers = of_arrays(images, label, {"a": "A", "b": "B", "c": "C"})
    pairs, found = donors.assigned(5, [4, 3]), donors.of_class(givers, images[:5])
    for row, (giver, at) in enumerate(pairs):
        assert np.array_equal(found.images.other[row], images[label == giver + 1][at])
    assert found.output.tolist() == (pairs[:, 0] + 1).tolist()
    assert np.array_equal(found.images.own, images[[1, 2, 3, 4, 0]])


def test_donors_that_cannot_be_read_any_more_are_none():
    images = np.random.default_rng(0).random((9, 3, 8, 8)).astype(np.float32)
    _, first, second = of_arrays(images, np.repeat([0, 1, 2], 3), {"a": "A", "b": "B", "c": "C"})
    gone = replace(first, read=lambda at: images[:0])
    found = donors.of_class([gone, second], images[:3])
    assert found.output.tolist() == [donors.NONE, 2, donors.NONE]
    assert np.array_equal(found.images.other[[0, 2]], images[[0, 2]])


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


@pytest.mark.parametrize(
    ("change", "region"), [("corners", regions.corners), ("edges", regions.edges)]
)
def test_a_part_of_the_surroundings_is_the_donors(change, region):
    images, other = np.random.default_rng(2).random((2, 2, 3, 20, 20)).astype(np.float32)
    made = changed(images, Step(f"{change}_of_others", 0.15), donated=Donated(images, other))
    mask = region((20, 20), 0.15)
    assert np.array_equal(made[..., mask], other[..., mask])
    assert np.array_equal(made[..., ~mask], images[..., ~mask])


def test_an_exchange_without_donors_is_refused():
    with pytest.raises(InputError, match="scene_of_others"):
        changed(np.zeros((2, 1, 8, 8), np.float32), Step("scene_of_others", 0.4))
