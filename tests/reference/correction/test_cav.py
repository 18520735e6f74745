"""cav: vectors against their definitions, scikit-learn's own and what they must find."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from unhans.correction import cav
from unhans.errors import InputError


def groups(seed, n=40, d=12, shift=3.0):
    """Noise with a spread of its own in each number, and the same moved along one direction."""
    random = np.random.default_rng(seed)
    spread = random.uniform(0.2, 4, d)
    direction = random.normal(size=d)
    direction /= np.linalg.norm(direction)
    clean, other = spread * random.normal(size=(2, n, d))
    return clean, other + shift * direction, direction


@pytest.mark.parametrize("seed", range(4))
def test_the_mean_difference_is_the_signal(seed):
    clean, marked, _ = groups(seed)
    vector = cav.fit_cav(clean, marked, estimator="mean_difference")
    # Haufe et al. 2014: the pattern of labels t is cov(x, t) / var(t), here for as many of each.
    x, t = np.concatenate([clean, marked]), np.repeat([0.0, 1.0], len(clean))
    pattern = np.array([np.cov(column, t, bias=True)[0, 1] for column in x.T]) / t.var()
    assert vector.direction == pytest.approx(pattern / np.linalg.norm(pattern))
    middle = (clean.mean(axis=0) + marked.mean(axis=0)) / 2
    assert vector.scores(middle[None]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_ridge_is_that_of_scikit_learn_in_units_of_the_spread(seed):
    clean, marked, _ = groups(seed)
    x = np.concatenate([clean, marked])
    spread = np.sqrt(np.sum(x.var(axis=0)))
    labels = np.repeat([0, 1], len(clean))
    other = RidgeClassifier(alpha=1.0).fit(x / spread, labels)
    vector = cav.fit_cav(clean, marked, estimator="ridge")
    own = vector.scores(x)
    theirs = other.decision_function(x / spread)
    assert own / np.abs(own).max() == pytest.approx(theirs / np.abs(theirs).max(), abs=1e-6)


@pytest.mark.parametrize("estimator", sorted(cav.ESTIMATORS))
@pytest.mark.parametrize("seed", range(3))
def test_every_vector_has_norm_one_points_to_the_artefact_and_tells_it(estimator, seed):
    clean, marked, direction = groups(seed, n=80, shift=12.0)
    vector = cav.fit_cav(clean[:60], marked[:60], estimator=estimator, seed=seed)
    assert np.linalg.norm(vector.direction) == pytest.approx(1)
    assert vector.direction @ direction > 0.3
    assert vector.place(marked).mean() > vector.place(clean).mean()
    assert cav.separation(vector, clean[60:], marked[60:]) > 0.9
    again = cav.fit_cav(clean[:60], marked[:60], estimator=estimator, seed=seed)
    assert (again.direction == vector.direction).all()


@pytest.mark.parametrize("estimator", sorted(cav.ESTIMATORS))
def test_a_scale_changes_no_direction(estimator):
    clean, marked, _ = groups(0, shift=8.0)
    vector, larger = (cav.fit_cav(f * clean, f * marked, estimator=estimator) for f in (1, 1000))
    assert larger.direction == pytest.approx(vector.direction, abs=2e-3)
    assert larger.intercept == pytest.approx(1000 * vector.intercept, rel=2e-2, abs=1e-6)


def test_equal_groups_have_no_direction():
    clean = np.random.default_rng(0).normal(size=(10, 3))
    vector = cav.fit_cav(clean, clean, estimator="mean_difference")
    assert not vector.direction.any()
    assert vector.intercept == 0
    assert cav.separation(vector, clean, clean) == 0.5


def test_bad_input_is_one_message():
    good = np.ones((4, 3))
    with pytest.raises(InputError, match="unknown estimator 'lda'; expected one of mean_diff"):
        cav.fit_cav(good, good, estimator="lda")
    with pytest.raises(InputError, match=r"shapes \(0, 3\) and \(4, 3\)"):
        cav.fit_cav(good[:0], good, estimator="svm")
    with pytest.raises(InputError, match="of the same width"):
        cav.fit_cav(good[:, :2], good, estimator="svm")
    with pytest.raises(InputError, match="not finite"):
        cav.fit_cav(good, np.full((4, 3), np.nan), estimator="ridge")
