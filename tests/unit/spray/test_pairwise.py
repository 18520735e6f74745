"""pairwise: options are checked, and integer maps give the distances of the same floats."""

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.spray import metrics
from unhans.spray.neighbours import neighbours
from unhans.spray.pairwise import compare, pairwise

MAPS = np.random.default_rng(0).integers(0, 9, (8, 4, 5)).astype(np.float32)


@pytest.mark.parametrize("sign", ["positive", "negative", "both"])
@pytest.mark.parametrize("metric", ["wasserstein", "sliced_wasserstein"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_integer_maps_are_taken_as_floats(metric, sign, dtype):
    found = pairwise(MAPS.astype(dtype), metric, sign=sign)
    np.testing.assert_array_equal(found, pairwise(MAPS, metric, sign=sign))


@pytest.mark.parametrize("metric", ["wasserstein", "sliced_wasserstein"])
def test_an_unknown_sign_is_refused(metric):
    with pytest.raises(
        InputError, match="unknown sign 'all'; expected one of positive, negative, both"
    ):
        pairwise(MAPS, metric, sign="all")


@pytest.mark.parametrize(
    ("metric", "option", "expected"),
    [
        ("euclidean", "sign", "no options"),
        ("euclidean", "n_candidates", "no options"),
        ("sliced_wasserstein", "q", "some of mass_fraction, sign, p, projections"),
        ("wasserstein", "q", "some of n_candidates, mass_fraction, sign, p, n_proposed"),
        ("mine", "p", "no options"),
    ],
)
def test_an_unknown_option_is_refused_with_those_of_the_metric(
    monkeypatch, metric, option, expected
):
    monkeypatch.setattr(metrics, "_REGISTERED", {"mine": lambda maps: maps[:, :, 0]})
    message = f"metric '{metric}' has no option '{option}'; expected {expected}"
    with pytest.raises(InputError, match=message):
        pairwise(MAPS, metric, **{option: 2})


def test_pairs_are_not_compared_by_an_unknown_option():
    with pytest.raises(InputError, match="metric 'wasserstein' has no option 'q'"):
        compare(MAPS, "wasserstein", 3, q=1)


def test_all_pairs_take_no_candidates():
    with pytest.raises(InputError, match="pairwise measures all pairs and takes no n_candidates"):
        pairwise(MAPS, "wasserstein", n_candidates=3)


def test_neighbours_take_candidates_where_the_metric_does():
    found, _ = neighbours(MAPS, "wasserstein", 2, n_candidates=7)
    np.testing.assert_array_equal(found, neighbours(MAPS, "wasserstein", 2)[0])
    with pytest.raises(InputError, match="n_candidates is 1; expected at least k = 2"):
        neighbours(MAPS, "wasserstein", 2, n_candidates=1)
    with pytest.raises(InputError, match="metric 'euclidean' has no option 'n_candidates'"):
        neighbours(MAPS, "euclidean", 2, n_candidates=7)
