"""prediction: the discriminant by its definition and scikit-learn's, folds, and permuted classes."""

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from unhans.probes import prediction

PREDICT = {"folds": 5, "permutations": 39, "seed": 0}


def data(random, n=90, p=5, classes=3, by=1.5):
    label = np.arange(n) % classes
    values = random.normal(size=(n, p))
    values[np.arange(n), label % p] += by
    return values, label


def test_the_discriminant_is_the_log_likelihood_of_normal_classes(random):
    values, label = data(random)
    weights, offset = prediction.discriminant(values, label, 3)
    means = np.stack([values[label == one].mean(axis=0) for one in range(3)])
    within, _ = ledoit_wolf(values - means[label], assume_centered=True)
    inverse = np.linalg.inv(within)
    for image in values[:10]:
        slow = [-0.5 * (image - mean) @ inverse @ (image - mean) for mean in means]
        found = image @ weights + offset
        np.testing.assert_allclose(found - found[0], np.array(slow) - slow[0], atol=1e-8)


def test_without_shrinkage_it_is_that_of_scikit_learn(random, monkeypatch):
    monkeypatch.setattr(
        prediction, "ledoit_wolf", lambda x, assume_centered: (x.T @ x / len(x), 0.0)
    )
    values, label = data(random)
    weights, offset = prediction.discriminant(values, label, 3)
    peer = LinearDiscriminantAnalysis(solver="lsqr", priors=[1 / 3] * 3).fit(values, label)
    ours = (values @ weights + offset).argmax(axis=1)
    assert (ours == peer.predict(values)).all()


@pytest.mark.parametrize("sizes", [(10, 10), (5, 5, 7), (30, 6)])
def test_folds_hold_as_many_of_each_class(random, sizes):
    label = np.repeat(np.arange(len(sizes)), sizes)
    fold = prediction.fold_of(label, 5, random)
    for one, size in enumerate(sizes):
        count = np.bincount(fold[label == one], minlength=5)
        assert count.max() - count.min() <= 1
        assert count.sum() == size
    every = np.bincount(fold)
    assert every.max() - every.min() <= 1


def test_what_tells_the_classes_is_found_and_what_does_not_is_chance(random):
    values, label = data(random, by=3)
    found = prediction.predict(values, label, values[:0], label[:0], 3, **PREDICT)
    assert found.recall.mean() > 0.8 > found.null.mean(axis=1).max()
    assert np.isnan(found.held_out).all()
    noise = prediction.predict(random.normal(size=values.shape), label, values, label, 3, **PREDICT)
    assert abs(noise.recall.mean() - 1 / 3) < 0.2
    assert abs(noise.null.mean() - 1 / 3) < 0.05


def test_a_class_in_the_middle_of_a_property_is_told(random):
    label = np.repeat([0, 1], 60)
    values = np.where(label, random.choice([-3, 3], 120), 0)[:, None] + random.normal(size=(120, 1))
    found = prediction.predict(values, label, values, label, 2, **PREDICT)
    assert found.recall.min() > 0.7 > 0.6 > found.null.mean()


@pytest.mark.filterwarnings("error")
def test_missing_and_constant_properties_are_no_fault(random):
    values, label = data(random)
    values[label == 1, 0] = np.nan  # that it is missing tells the class
    values[:, 1], values[:, 2] = 7, np.nan
    scale = prediction.Scale(values)
    assert scale.features(values).shape == (90, 1 + 2 * 3)
    found = prediction.predict(values, label, values, label, 3, **PREDICT)
    assert found.recall[1] > 0.7
    nothing = np.full((90, 2), np.nan)
    assert prediction.Scale(nothing).features(nothing).shape == (90, 0)


def test_the_same_seed_gives_the_same_numbers(random):
    values, label = data(random)
    first, second = (
        prediction.predict(values, label, values, label, 3, **PREDICT) for _ in range(2)
    )
    np.testing.assert_array_equal(first.null, second.null)
