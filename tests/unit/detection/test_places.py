"""places: where a surplus of relevance lies, in words."""

import numpy as np
import pytest

from unhans.detection import places


@pytest.mark.parametrize(
    ("bins", "described"),
    [
        ([(0, 0)], "in the top left corner"),
        ([(6, 6), (5, 6)], "in the bottom right corner"),
        ([(6, column) for column in range(7)], "along the bottom edge"),
        ([(row, 0) for row in range(7)], "along the left edge"),
        ([(0, c) for c in range(7)] + [(6, c) for c in range(7)], "on the border"),
        ([(3, 3)], "in the middle, centre"),
        ([(1, 3), (2, 3)], "in the upper part, centre"),
        ([], "nowhere in particular"),
    ],
)
def test_places_are_named(bins, described):
    surplus = np.full((7, 7), -0.01)
    for place in bins:
        surplus[place] = 0.1
    assert places.describe(surplus) == described


def test_the_surplus_is_the_difference_of_mean_shares(random):
    shares = random.dirichlet(np.ones(9), 20)
    members = np.arange(20) < 5
    found = places.surplus(np.sqrt(shares), members, 3)
    expected = shares[:5].mean(axis=0) - shares[5:].mean(axis=0)
    assert found == pytest.approx(expected.reshape(3, 3))


@pytest.mark.parametrize(
    ("bins", "images", "described"),
    [
        ([(0, 0)] * 4, 4, "in the top left corner"),
        ([(0, 0)] * 3 + [(6, 6)], 4, "in the top left corner"),
        ([(0, 0), (3, 3), (6, 6), (1, 5)], 4, "each at its own place"),
        ([(row, column) for row in range(7) for column in range(3)], 21, "each at its own place"),
        ([(3, 3), (3, 4), (4, 3), (4, 4)] * 5, 20, "in the middle, centre"),
    ],
)
def test_a_pattern_is_at_one_place_or_elsewhere_in_each_image(bins, images, described):
    where = np.zeros((7, 7))
    for place in bins:
        where[place] += 1 / images
    assert places.describe_pattern(where, images) == described
