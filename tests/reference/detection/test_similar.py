"""similar: against a slow version from its description, and on images that are all alike."""

import definitions
import numpy as np
import pytest

from unhans.detection import similar
from unhans.errors import InputError


def alike(random, n, group=(), by=3.0):
    """Similarities of chance, and of a group whose images are all more alike."""
    found = random.normal(size=(n, n))
    found[np.ix_(group, group)] += by
    return (found + found.T) / 2


def slow_places(similarity, members):
    """Mean similarity of each image to the members but itself."""
    return np.array(
        [np.mean([similarity[i, j] for j in members if j != i]) for i in range(len(similarity))]
    )


def slow_groups(similarity, least):
    """Gap and members of every group that any image and any size lead to."""
    n, found = len(similarity), []
    for size in [4] + [one for one in (8, 16, 32, 64, 128, 256) if one <= n // 4]:
        for i in range(n):
            others = sorted((j for j in range(n) if j != i), key=lambda j: (-similarity[i, j], j))
            members = [i, *others[: size - 1]]
            for _ in range(3):
                gap, members = definitions.widest_gap(slow_places(similarity, members), least)
            found.append((gap, frozenset(members)))
    return found


CASES = {
    "random": lambda random: alike(random, 30),
    "a group": lambda random: alike(random, 41, range(6)),
    "tiny": lambda random: alike(random, 8),
    "tied": lambda random: random.integers(0, 3, (24, 24)).astype(float),
    "duplicates": lambda random: alike(random, 10)[np.ix_([*range(10)] * 2, [*range(10)] * 2)],
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("seed", range(3))
def test_groups_are_those_of_the_slow_version(case, seed):
    similarity = case(np.random.default_rng(seed))
    similarity = (similarity + similarity.T) / 2
    found = similar.search(similarity, 4)
    by_members = {}
    for gap, members in slow_groups(similarity, 4):
        by_members[members] = max(gap, by_members.get(members, -np.inf))
    assert found[0].gap == pytest.approx(max(by_members.values()), rel=1e-6)
    for group in found:
        members = frozenset(np.flatnonzero(group.members).tolist())
        assert by_members[members] == pytest.approx(group.gap, rel=1e-6)
        place = slow_places(similarity, sorted(members))
        rest = place[~group.members]
        np.testing.assert_allclose(group.score, (place - rest.mean()) / rest.std(), atol=1e-8)


@pytest.mark.parametrize("n", [60, 700])
def test_images_that_are_all_alike_are_a_group(random, n):
    group = range(n // 12)
    found = similar.search(alike(random, n, group), 4)[0]
    assert set(np.flatnonzero(found.members)) == set(group)
    assert found.gap > 2 * similar.search(alike(random, n), 4)[0].gap


def test_the_diagonal_does_not_count(random):
    similarity = alike(random, 30, range(6))
    one, other = (similar.search(similarity + value * np.eye(30), 4)[0] for value in (0, 99))
    assert (one.members == other.members).all()
    assert one.gap == other.gap


def test_equal_similarities_have_no_gap():
    assert similar.search(np.ones((12, 12)), 4)[0].gap == 0


@pytest.mark.parametrize(
    ("similarity", "least"),
    [
        (np.zeros((9, 8)), 4),
        (np.zeros((7, 7)), 4),
        (np.zeros((9, 9)), 3),
        (np.full((9, 9), np.nan), 4),
    ],
)
def test_what_cannot_be_searched_is_refused(similarity, least):
    with pytest.raises(InputError, match="expected finite"):
        similar.search(similarity, least)
