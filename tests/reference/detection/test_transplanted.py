"""Transplanted, against its definition spelled out, on random, tied, tiny and degenerate rises."""

import math

import numpy as np
import pytest

from unhans.artefacts import transplant
from unhans.detection import transplanted
from unhans.detection.evidence import Evidence, Rises


def definition(rise, evidence):
    """Value and members, by loops."""
    least = [min(row) for row in rise.tolist()]
    known = sorted(value for value in least if not math.isnan(value))
    if not known or evidence <= 0:
        return 0.0, [False] * len(least)
    half = len(known) // 2
    middle = known[half] if len(known) % 2 else (known[half - 1] + known[half]) / 2
    apart = sorted(abs(value - middle) for value in known)
    mad = apart[half] if len(known) % 2 else (apart[half - 1] + apart[half]) / 2
    count = min(len(known), max(4, math.ceil(0.05 * len(known))))
    height = sum(known[-count:]) / count - middle
    if height <= 0:
        return 0.0, [False] * len(least)
    spread = math.sqrt((1.4826 * mad) ** 2 + (0.01 * evidence) ** 2)
    members = [not math.isnan(value) and value > middle + height / 2 for value in least]
    return height / spread * height / evidence, members


def rises(kind, n, hosts, seed):
    random = np.random.default_rng(seed)
    rise = random.normal(size=(n, hosts))
    if kind == "tied":
        rise = np.round(rise)
    if kind == "duplicated":
        rise = rise[random.integers(n, size=n)]
    if kind == "untried":
        rise[random.random(n) < 0.3] = np.nan
    return rise.astype(np.float32)


@pytest.mark.parametrize("kind", ["random", "tied", "duplicated", "untried"])
@pytest.mark.parametrize("n", [1, 2, 5, 40, 201])
@pytest.mark.parametrize("hosts", [1, 3])
def test_the_group_is_that_of_the_definition(kind, n, hosts):
    for seed in range(4):
        rise = rises(kind, n, hosts, seed)
        found = transplanted.group(rise, 7.5)
        value, members = definition(rise, 7.5)
        assert found.gap == pytest.approx(value, rel=1e-5)
        assert found.members.tolist() == members
        assert np.isfinite(found.score).all()


@pytest.mark.parametrize(
    ("rise", "evidence"),
    [
        (np.zeros((9, 2)), 5.0),
        (np.ones((9, 2)), 0.0),
        (np.random.default_rng(0).normal(size=(9, 2)), -1.0),
        (np.full((9, 2), np.nan), 5.0),
        (np.zeros((0, 2)), 5.0),
    ],
)
def test_where_nothing_rises_there_is_no_group(rise, evidence):
    found = transplanted.group(rise, evidence)
    assert found.gap == 0
    assert not found.members.any()
    assert found.score.shape == (len(rise),)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4])
def test_images_with_an_artefact_are_the_group(share):
    random = np.random.default_rng(1)
    rise = random.normal(0.3, 0.4, size=(200, 3))
    marked = random.random(200) < share
    rise[marked] += 5
    found = transplanted.group(rise, 12)
    assert found.members.tolist() == marked.tolist()
    without = transplanted.group(rise[~marked], 12)
    assert found.gap > 20 * without.gap


def test_an_image_counts_by_the_host_in_which_it_rises_least():
    rise = np.zeros((50, 3))
    rise[:5, :2] = 9  # one host has something of the class already
    assert transplanted.group(rise, 10).gap == 0
    rise[:5] = 9
    assert transplanted.group(rise, 10).members.sum() == 5


def test_rises_are_laid_out_by_the_images_that_were_tried():
    rise = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    found = transplanted.of_all(rise, rise / 100, np.array([3, 0]), n=5, evidence=2.0)
    assert list(found) == ["window", "rim", "style"]
    for at, rises_ in enumerate(found.values()):
        assert rises_.evidence == 2
        assert np.isnan(rises_.rise[[1, 2, 4]]).all()
        assert np.array_equal(rises_.rise[[3, 0]], rise[:, at])
        assert np.array_equal(rises_.probability[[3, 0]], rise[:, at] / 100)


def test_without_images_that_were_tried_there_are_no_rises():
    nothing = np.zeros((0, 3, 0), dtype=np.float32)
    found = transplanted.of_all(nothing, nothing, np.zeros(0, int), n=5, evidence=0.0)
    assert found == {}
    assert transplanted.find("window", Evidence(np.ones((5, 49)) / 7)) is None


def test_pieces_are_in_the_order_of_the_stage():
    assert transplanted.PIECES == transplant.PIECES


def test_what_is_found_says_by_how_many_points_the_class_rises(random):
    rise = random.normal(0.3, 0.4, size=(50, 3)).astype(np.float32)
    probability = np.full((50, 3), 0.02, dtype=np.float32)
    rise[:6] += 6
    probability[:6] = 0.5
    probability[40:], rise[40:] = np.nan, np.nan
    evidence = Evidence(
        np.sqrt(random.dirichlet(np.ones(49), 50)),
        rises={"rim": Rises(rise, probability, 12.0)},
    )
    found = transplanted.find("rim", evidence)
    assert np.flatnonzero(found.groups[0].members).tolist() == list(range(6))
    assert found.points == pytest.approx((50, 2, 40), rel=1e-5)
    assert found.value == found.groups[0].gap
    assert found.where.shape == (7, 7)
    assert transplanted.find("style", evidence) is None


def test_images_that_were_not_tried_join_a_group_and_count_in_no_points(random):
    rise = random.normal(0.3, 0.4, size=(50, 3)).astype(np.float32)
    probability = np.full((50, 3), 0.02, dtype=np.float32)
    rise[:6] += 6
    probability[:6] = 0.5
    probability[40:], rise[40:] = np.nan, np.nan
    hidden = random.normal(size=(50, 4))
    marked = np.r_[:6, 40:44]
    hidden[marked, 0] += 12
    evidence = Evidence(
        np.sqrt(random.dirichlet(np.ones(49), 50)),
        rises={"rim": Rises(rise, probability, 12.0)},
        hidden=hidden - hidden.mean(axis=0),
    )
    found = transplanted.find("rim", evidence)
    assert np.array_equal(np.flatnonzero(found.groups[0].members), marked)
    assert found.points == pytest.approx((50, 2, 40), rel=1e-5)
