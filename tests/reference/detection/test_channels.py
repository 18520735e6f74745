"""channels: coordinates against their definition, and marks that channels of hidden layers see."""

import numpy as np
import pytest

from unhans.detection import channels, groups, null, whitening
from unhans.detection.concepts import Concepts
from unhans.detection.evidence import Evidence


def concepts(random, n=60, marks=(), by=5.0, m=90, others=None):
    """Two layers of 20 and 30 channels; those of marked images see something in four of them."""
    mixing = random.normal(size=(12, 50))
    own, known = (
        random.normal(size=(count, 12)) @ mixing + random.normal(size=(count, 50))
        for count in (n, m)
    )
    own[np.ix_(list(marks), [3, 8, 21, 40])] += by * own.std()
    known = known if others is None else others
    empty = np.zeros((n, 1, 1))
    return Concepts(
        empty,
        np.zeros((n, 1), dtype=np.int32),
        (1, 1),
        (own[:, :20], own[:, 20:]),
        np.zeros((m, 1, 1)),
        (known[:, :20], known[:, 20:]),
        np.arange(m) % 3,
    )


def evidence(seen):
    rows = whitening.whitened(seen)
    return Evidence(np.full((len(seen.activation), 49), 1 / 7), concepts=seen, whitened=rows)


def slow_rows(layers):
    """Signed roots of the shares of relevance, image by image and channel by channel."""
    rows = []
    for image in zip(*layers, strict=True):
        row = []
        for values in image:
            total = sum(abs(value) for value in values)
            row += [np.sign(v) * (abs(v) / total) ** 0.5 if total > 0 else 0.0 for v in values]
        rows.append(row)
    return np.array(rows)


def slow_products(seen):
    """Inner products of all pairs of images' directions, by the definition."""
    own, others = slow_rows(seen.relevance), slow_rows(seen.other_relevance)
    spread = others.std(axis=0)
    scale = spread + 0.1 * spread.mean()
    scale[scale == 0] = 1
    known, rows = (others - others.mean(axis=0)) / scale, (own - others.mean(axis=0)) / scale
    covariance = known.T @ known / len(known)
    ridge = 0.03 * np.trace(covariance) / len(covariance)
    ridged = covariance + (ridge if ridge > 0 else 1) * np.eye(len(covariance))
    deviations = rows - rows.mean(axis=0)
    product = deviations @ np.linalg.solve(ridged, deviations.T)
    norm = np.sqrt(np.maximum(np.diagonal(product), 0))
    norm = np.where(norm > 0, norm, 1)
    cosines = product / norm / norm[:, None]
    return cosines - cosines.mean(axis=0) - cosines.mean(axis=1)[:, None] + cosines.mean()


CASES = {
    "random": lambda random: concepts(random),
    "marked": lambda random: concepts(random, marks=range(9)),
    "duplicates": lambda random: concepts(random, n=12)._replace(
        relevance=tuple(np.repeat(random.normal(size=(6, c)), 2, axis=0) for c in (20, 30))
    ),
    "tiny": lambda random: concepts(random, n=8, m=2),
    "an image without relevance": lambda random: concepts(random)._replace(
        relevance=tuple(
            random.normal(size=(60, c)) * (np.arange(60) != 5)[:, None] for c in (20, 30)
        )
    ),
    "others are equal": lambda random: concepts(random, others=np.ones((90, 50))),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_coordinates_are_the_principal_components_of_the_definition(random, case):
    seen = case(random)
    points, product = channels.coordinates(whitening.whitened(seen)), slow_products(seen)
    variance, axes = np.linalg.eigh(product)
    most = np.argsort(-variance)[: points.shape[1]]
    expected = (axes[:, most] * variance[most]) @ axes[:, most].T
    np.testing.assert_allclose(
        points @ points.T, expected / np.trace(expected) * len(points), atol=1e-6
    )
    assert points.shape[1] == 8


def test_the_value_is_the_widest_gap_in_units_of_that_of_its_size_without_groups(random):
    seen = concepts(random, n=40)
    found = channels.find(evidence(seen))
    points = channels.coordinates(whitening.whitened(seen))
    assert channels.floors(40, 4) == [4, 8]
    drawn = list(null.gaussian(points, 40, 0))
    gaps = np.array(
        [[groups.search(one, size, count=1)[0].gap for size in (4, 8)] for one in drawn]
    )
    usual = np.exp(np.log(gaps).mean(axis=0))
    ratios = [groups.search(points, size)[0].gap / usual[at] for at, size in enumerate((4, 8))]
    assert found.value == pytest.approx(max(ratios))
    np.testing.assert_allclose(found.null, (gaps / usual).max(axis=1))


@pytest.mark.parametrize(
    ("n", "least", "sizes"),
    [(8, 4, [4]), (31, 4, [4]), (120, 4, [4, 8, 16]), (1300, 20, [20, 40, 80, 160, 320])],
)
def test_sizes_double_up_to_a_quarter_of_the_class(n, least, sizes):
    assert channels.floors(n, least) == sizes


@pytest.mark.parametrize("count", [6, 15])
def test_what_channels_see_in_some_images_is_found(random, count):
    found = channels.find(evidence(concepts(random, marks=range(count))))
    assert set(np.flatnonzero(found.groups[0].members)) == set(range(count))
    assert found.value > 1.4 * found.null.max()
    clean = channels.find(evidence(concepts(random)))
    assert found.value > 1.4 * clean.value


def test_what_other_classes_vary_in_is_no_group(random):
    seen = concepts(random, marks=range(12))
    other = np.concatenate(concepts(random, n=90, marks=range(30)).relevance, axis=1)
    usual = seen._replace(other_relevance=(other[:, :20], other[:, 20:]))
    assert channels.find(evidence(usual)).value < channels.find(evidence(seen)).value / 1.5


def test_equal_images_have_no_group(random):
    seen = concepts(random, n=12)
    equal = seen._replace(relevance=tuple(one[:1].repeat(12, axis=0) for one in seen.relevance))
    assert not channels.coordinates(whitening.whitened(equal)).any()
    assert channels.find(evidence(equal)).value == 0


def test_without_hidden_layers_nothing_is_found():
    assert channels.find(Evidence(np.ones((9, 49)))) is None
