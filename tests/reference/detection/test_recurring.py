"""recurring: patterns against their definition, and marks that lie elsewhere in each image."""

import numpy as np
import pytest

from unhans.detection import recurring
from unhans.detection.concepts import Concepts
from unhans.detection.evidence import Evidence
from unhans.spray import local_cosines

SIDE = 8


def concepts(random, n=40, marks=(), others=(), classes=3, spot=None):
    """Images of eight patterns of 30 channels each; some have one more, anywhere or at one spot."""
    own, known = random.normal(size=(n, 8, 30)), random.normal(size=(10 * classes, 8, 30))
    position = np.stack([random.choice(SIDE**2, 8, replace=False) for _ in range(n)])
    mark = 3 * random.normal(size=30)
    for image in marks:
        at = random.integers(8)
        own[image, at] = mark + 0.3 * random.normal(size=30)
        position[image, at] = position[image, at] if spot is None else spot
    origin = np.repeat(np.arange(classes), 10)
    for image in others:
        known[image, 0] = mark
    return Concepts(
        own.astype(np.float16),
        position.astype(np.int32),
        (SIDE, SIDE),
        (),
        known.astype(np.float16),
        (),
        origin,
    )


def evidence(seen):
    return Evidence(np.full((len(seen.activation), 49), 1 / 7), concepts=seen)


def cosine(x, y):
    norms = np.linalg.norm(x) * np.linalg.norm(y)
    return x @ y / norms if norms > 0 else 0.0


def slow_patterns(seen):
    """Centred activations, and for each the second best of the other classes' best cosines."""
    centre = seen.other_activation.astype(float).reshape(-1, 30).mean(axis=0)
    own = seen.activation.astype(float) - centre
    usual = np.zeros(own.shape[:2])
    for i, image in enumerate(own):
        for p, x in enumerate(image):
            best = [
                max(
                    cosine(x, y.astype(float) - centre)
                    for other in seen.other_activation[seen.other_class == one]
                    for y in other
                )
                for one in np.unique(seen.other_class)
            ]
            usual[i, p] = sorted(best)[-2] if len(best) > 1 else best[0]
    return own, usual


def slow_similarity(own, usual, i, j):
    return max(
        (cosine(x, y) - (usual[i, p] + usual[j, q]) / 2, p)
        for p, x in enumerate(own[i])
        for q, y in enumerate(own[j])
    )[0]


@pytest.mark.parametrize("classes", [1, 2, 4])
@pytest.mark.parametrize("cells", [1, 700, 10**6])
def test_patterns_and_similarities_are_those_of_the_definition(random, classes, cells, monkeypatch):
    monkeypatch.setattr(local_cosines, "CELLS", cells)
    seen = concepts(random, n=9, classes=classes)
    seen.activation[2] = seen.activation[1]  # duplicates
    seen.activation[3, 0] = 0
    own, usual = slow_patterns(seen)
    features, found = recurring.patterns(seen)
    np.testing.assert_allclose(found, usual, atol=1e-5)
    similarity = local_cosines.similarities(features, found)
    for i, j in zip(*np.triu_indices(9), strict=True):
        assert similarity[i, j] == pytest.approx(slow_similarity(own, usual, i, j), abs=1e-5)


def test_the_shared_place_is_that_of_the_definition(random):
    seen = concepts(random, n=7, marks=range(5))
    own, usual = slow_patterns(seen)
    expected = []
    for i in range(7):
        means = [
            np.mean(
                [
                    max(
                        cosine(x, y) - (usual[i, p] + usual[j, q]) / 2 for q, y in enumerate(own[j])
                    )
                    for j in range(7)
                    if j != i
                ]
            )
            for p, x in enumerate(own[i])
        ]
        expected.append(int(np.argmax(means)))
    assert local_cosines.shared_places(*recurring.patterns(seen)).tolist() == expected


def test_marks_at_random_places_are_found_to_the_image(random):
    marks = [1, 5, 8, 13, 21, 34]
    found = recurring.find(evidence(concepts(random, marks=marks)))
    assert np.flatnonzero(found.groups[0].members).tolist() == marks
    clean = recurring.find(evidence(concepts(random)))
    assert found.value > 2 * clean.value
    assert found.where.shape == (7, 7)
    assert found.where.sum() == pytest.approx(1)


def test_a_mark_at_one_place_is_said_to_be_there(random):
    found = recurring.find(evidence(concepts(random, marks=range(6), spot=SIDE**2 - 1)))
    assert found.where[6, 6] == pytest.approx(1)


def test_of_the_other_classes_one_may_have_the_mark_and_two_may_not(random):
    marks = [1, 5, 8, 13, 21, 34]
    shared = recurring.find(evidence(concepts(random, marks=marks, others=[0, 1, 2])))
    assert np.flatnonzero(shared.groups[0].members).tolist() == marks
    usual = recurring.find(evidence(concepts(random, marks=marks, others=[0, 11])))
    assert np.flatnonzero(usual.groups[0].members).tolist() != marks


def test_without_hidden_layers_nothing_is_found():
    assert recurring.find(Evidence(np.ones((9, 49)))) is None
