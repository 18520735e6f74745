"""refined: against scikit-learn's ridge regression and area, and a cut by all pairs of parts."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from unhans.detection import refined, whitening
from unhans.detection.concepts import Concepts
from unhans.detection.evidence import Evidence
from unhans.detection.group_search import find_groups
from unhans.detection.groups import Group


def group_of(members, gap=2.5):
    return Group(np.asarray(members), gap, np.where(members, 3.0, 0.0))


def evidence(hidden):
    return Evidence(np.zeros((len(hidden), 4)), hidden=hidden)


def apart(random, n, marked, distance=6.0, d=8):
    """Rows of which the first few lie apart along one direction."""
    points = random.normal(size=(n, d))
    points[:marked, 0] += distance
    return points - points.mean(axis=0)


@pytest.mark.parametrize(("n", "d", "size"), [(30, 5, 9), (41, 12, 4), (16, 20, 8)])
def test_decision_values_are_those_of_a_ridge_regression_without_the_image(random, n, d, size):
    points, members = random.normal(size=(n, d)), np.arange(n) < size
    found = refined.decisions(points, members, [3, 1])
    draw, part = np.random.default_rng([3, 1]), np.empty(n, dtype=int)
    for side in (members, ~members):
        own = np.flatnonzero(side)
        part[draw.permutation(own)] = np.arange(len(own)) % 5
    for image in range(n):
        seen = part != part[image]
        inside = members[seen]
        weight = np.where(inside, 0.5 / inside.sum(), 0.5 / (~inside).sum())
        middle = np.average(points[seen], axis=0, weights=weight)
        moved = points[seen] - middle
        alpha = refined.RIDGE * np.average((moved**2).sum(axis=1), weights=weight) / d
        rule = Ridge(alpha, fit_intercept=False).fit(
            moved, np.where(inside, 1.0, -1.0), sample_weight=weight
        )
        assert found[image] == pytest.approx((points[image] - middle) @ rule.coef_, abs=1e-9)


@pytest.mark.parametrize("values", [[3, 1, 2, 0.5, 0], [1, 1, 1, 1, 1], [0, 1, 1, 2, 2]])
def test_the_area_is_scikit_learns(values):
    members = np.array([True, False, True, False, False])
    expected = roc_auc_score(members, values)
    assert refined.area(np.array(values, float), members) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [8, 9, 23])
@pytest.mark.parametrize("kind", ["random", "tied", "constant"])
def test_the_cut_is_the_best_of_all_cuts(random, n, kind):
    values = {"random": random.normal(size=n), "tied": random.integers(0, 3, n).astype(float)}.get(
        kind, np.full(n, 1.5)
    )
    upper, share = refined.parts(values)
    whole = ((values - values.mean()) ** 2).sum()
    order = np.argsort(-values, kind="stable")
    best = 0.0
    for size in range(refined.FEWEST, n // 2 + 1):
        above, below = values[order[:size]], values[order[size:]]
        within = ((above - above.mean()) ** 2).sum() + ((below - below.mean()) ** 2).sum()
        best = max(best, 1 - within / whole if whole > 0 else 0.0)
    assert refined.FEWEST <= upper.sum() <= n // 2
    assert share == pytest.approx(best, abs=1e-12)
    assert values[upper].min() >= values[~upper].max()


def test_a_group_gets_the_images_that_it_overlooked_and_loses_those_of_others(random):
    points = apart(random, 100, 20)
    found = np.zeros(100, dtype=bool)
    found[:12] = found[40] = True  # eight are missing, one is no member
    group = refined.refine(evidence(points), group_of(found))
    assert np.flatnonzero(group.members).tolist() == list(range(20))
    assert group.gap == 2.5
    others = group.score[20:]
    assert (others.mean(), others.std()) == (pytest.approx(0, abs=1e-12), pytest.approx(1))
    assert group.score[:20].min() > others.max()


@pytest.mark.parametrize("distance", [0.0, 1.0])
def test_a_group_that_hidden_layers_do_not_tell_stays_as_it_was_found(random, distance):
    group = group_of(np.arange(100) < 20)
    assert refined.refine(evidence(apart(random, 100, 20, distance)), group) is group


def area_of(points, group):
    return refined.area(refined.decisions(points, group.members, [0, 0]), group.members)


def test_a_group_that_rules_tell_with_faults_stays_though_a_larger_one_lies_apart(random):
    """Seventeen are of forty that lie apart, and three are not."""
    points = apart(random, 100, 40, distance=30.0)
    group = group_of((np.arange(100) < 17) | (np.arange(100) >= 97))
    assert area_of(points, group) < 0.9
    assert refined.refine(evidence(points), group) is group


def test_a_group_is_not_exchanged_for_a_part_of_it(random):
    """Ten lie very far, and ten less far elsewhere: a cut leaves the second ten out."""
    points = apart(random, 100, 10, distance=60.0)
    points[10:20, 1] += 6.0
    group = group_of(np.arange(100) < 20)
    assert area_of(points, group) >= 0.9
    upper, between = refined.parts(refined.decisions(points, group.members, [0, 0]))
    assert between >= 0.75
    assert upper[:20].mean() < 0.8
    assert refined.refine(evidence(points), group) is group


def test_the_end_of_a_cloud_is_no_group_of_its_own(random):
    """The farthest tenth in one direction: rules tell it, and nothing separates it."""
    points = random.normal(size=(200, 3))
    group = group_of(points[:, 0] > np.quantile(points[:, 0], 0.9))
    assert area_of(points, group) >= 0.9
    assert refined.refine(evidence(points), group) is group


def test_a_group_grows_by_more_than_one_cut(random):
    points = apart(random, 120, 30, distance=5.0, d=24)
    group = group_of(np.arange(120) < 6)
    assert area_of(points, group) >= 0.9
    once, _ = refined.parts(refined.decisions(points, group.members, [0, 0]))
    found = refined.refine(evidence(points), group).members
    truth = np.arange(120) < 30
    assert (found != truth).sum() < (once != truth).sum()


@pytest.mark.parametrize("size", [0, 3, 51])
def test_groups_that_are_too_small_or_most_of_the_class_stay(random, size):
    group = group_of(np.arange(100) < size)
    assert refined.refine(evidence(apart(random, 100, 20)), group) is group


def test_without_hidden_layers_and_without_variance_nothing_changes(random):
    group = group_of(np.arange(40) < 8)
    assert refined.refine(Evidence(np.zeros((40, 4))), group) is group
    assert refined.refine(evidence(np.zeros((40, 3))), group) is group


def test_the_same_seed_gives_the_same_group_and_the_order_of_images_does_not_matter(random):
    points, found = apart(random, 80, 16, distance=4.0), np.arange(80) < 12
    first, again = (refined.refine(evidence(points), group_of(found)) for _ in range(2))
    assert np.array_equal(first.score, again.score)
    order = random.permutation(80)
    turned = refined.refine(evidence(points[order]), group_of(found[order]))
    assert (turned.members != first.members[order]).sum() <= 1


def test_the_search_for_groups_draws_those_of_photographs_anew(random, monkeypatch):
    maps = random.gamma(2, size=(60, 112, 112))
    seen = Concepts(
        *(random.normal(size=(60, 2, 3)), random.integers(0, 9, (60, 2)), (3, 3)),
        (random.normal(size=(60, 20)), random.normal(size=(60, 40))),
        random.normal(size=(30, 2, 3)),
        (random.normal(size=(30, 20)), random.normal(size=(30, 40))),
        np.arange(30) % 3,
    )
    drawn = []

    def noted(evidence, group):
        drawn.append(evidence.hidden)
        return group

    monkeypatch.setattr(refined, "refine", noted)
    find_groups(maps, concepts=seen)
    (hidden,) = drawn  # of `channels`; nothing was put into other images
    assert hidden.shape == (60, refined.DIMENSIONS)
    assert np.array_equal(hidden, refined.coordinates(whitening.whitened(seen)))
    drawn.clear()
    find_groups(maps[:, ::4, ::4], concepts=seen)
    assert not drawn
