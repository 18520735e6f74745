"""audit: queries against a reference, with recall and excess as defined."""

import numpy as np
import pytest

from unhans.choices import METRICS
from unhans.errors import InputError
from unhans.io import store
from unhans.io.resumable import ResumableWriter
from unhans.io.store import Recipe, Result
from unhans.spray import audit, pairwise
from unhans.spray.transport.pair_solver import as_matrix, pairs_of

RECIPE = Recipe("audit", {}, "code")
SOURCE = Result("maps", {"lineage": {}, "fingerprint": "0"}, {})
SETTINGS = {"images": 4, "k": 3, "seed": 0, "mass_fraction": 0.99, "sign": "positive"}


@pytest.fixture
def maps():
    """Blobs of different widths at random places."""
    random = np.random.default_rng(2)
    axis = np.arange(9)
    maps = []
    for y, x, width, height in random.uniform([2, 2, 0.5, 0.5], [6, 6, 2, 2], (14, 4)):
        maps.append(np.exp(-(((axis[:, None] - y) / height) ** 2) - ((axis - x) / width) ** 2))
    return np.stack(maps).astype(np.float32)


def run(maps, distances, path, **settings):
    with ResumableWriter(path, RECIPE, {"maps": SOURCE}) as parts:
        said = audit.audit(maps, distances, parts, **SETTINGS | settings)
    return said, store.read(path)


@pytest.mark.parametrize("metric", ["wasserstein", "gromov_wasserstein_fast"])
def test_the_reference_itself_has_full_recall(maps, tmp_path, metric):
    exact = pairwise.pairwise(maps, METRICS[metric].reference).astype(np.float64)
    said, found = run(maps, exact, tmp_path / "a.zarr.zip", metric=metric)
    assert found.attributes["recall"] == [1.0] * 4
    assert np.allclose(found.attributes["excess"], 0, atol=1e-5)
    assert found.attributes["reference"] == METRICS[metric].reference
    assert said.startswith("audit: recall@3 1.000 of 4 images")
    rows, columns = found["row"], found["column"]
    np.testing.assert_allclose(found["reference"], exact[rows, columns], rtol=1e-5)
    assert rows.tolist() == np.repeat(found.attributes["queries"], 13).tolist()
    for query in found.attributes["queries"]:
        assert set(columns[rows == query]) == set(range(14)) - {query}


def test_what_is_not_known_is_not_found(maps, tmp_path):
    exact = pairwise.pairwise(maps, "wasserstein").astype(np.float64)
    far = np.argsort(-exact, axis=1, kind="stable")[:, :3]
    pairs = pairs_of(far)
    wrong = as_matrix(14, pairs, exact[tuple(pairs.T)])
    _, found = run(maps, wrong, tmp_path / "a.zarr.zip", metric="wasserstein")
    assert np.mean(found.attributes["recall"]) < 0.5
    assert np.allclose(found.attributes["excess"], 0, atol=1e-5)


def test_excess_is_that_of_squared_values():
    reference = np.array([1.0, 2.0, 4.0])
    found = np.array([1.0, 2.0 * np.sqrt(1.02), 4.0 * np.sqrt(1.001)])
    found_agreement = audit.agreement(found, reference, k=2)
    assert found_agreement["recall"] == 1
    assert found_agreement["excess"] == pytest.approx(0.021 / 3)
    assert found_agreement["above"] == pytest.approx(1 / 3)
    assert audit.agreement(found[[0, 2, 1]], reference, k=2)["recall"] == 0.5


def test_a_neighbour_at_the_distance_of_the_last_is_as_good():
    reference = np.array([1.0, 2.0, 2.0])
    assert audit.agreement(np.array([1.0, 9.0, 2.0]), reference, k=2)["recall"] == 1


class Fixed:
    """A comparison that knows each pair by its places."""

    def __init__(self, matrix):
        self.notes = {}
        self.matrix = np.asarray(matrix, dtype=float)

    def solve(self, pairs):
        return {"distance": self.matrix[tuple(pairs.T)]}


def test_the_least_known_is_that_of_reference_and_rival():
    first, second = [[0, 1, 2], [9, 0, 3], [9, 9, 0]], [[0, 2, 1], [9, 0, 4], [9, 9, 0]]
    queries = audit.Queries(Fixed(first), np.array([0, 2]), 3, Fixed(second))
    assert queries.pairs.tolist() == [[0, 1], [0, 2], [2, 0], [2, 1]]
    found = queries.solve(queries.pairs)
    assert found["distance"].tolist() == [1, 2, 2, 3]
    assert found["least"].tolist() == [1, 1, 1, 3]
    alone = audit.Queries(Fixed(first), np.array([0]), 3)
    assert alone.solve(alone.pairs)["least"].tolist() == [1, 2]


def test_the_reference_is_held_against_the_least_known_too(tmp_path):
    # On few points the reference ends above the least value of some pairs.
    random = np.random.default_rng(0)
    maps = random.exponential(size=(16, 6, 6)).astype(np.float32) ** 3
    near = pairwise.compare(maps, "gromov_wasserstein", 6)
    found = as_matrix(16, near.pairs, near.solve(near.pairs)["distance"])
    path = tmp_path / "a.zarr.zip"
    _, kept = run(maps, found, path, metric="gromov_wasserstein", images=16)
    attributes = kept.attributes
    assert np.all(kept["least"] <= kept["reference"])
    assert np.any(kept["least"] < kept["reference"] * 0.999)
    assert np.mean(attributes["reference_excess"]) > 0
    assert min(attributes["least_excess"]) > -1e-9
    rows = kept["row"] == attributes["queries"][3]
    other = audit.agreement(kept["reference"][rows], kept["least"][rows], 3)
    assert other["above"] == attributes["reference_above"][3]


def test_the_sample_follows_from_the_seed():
    assert audit.sample(100, 20, 3).tolist() == audit.sample(100, 20, 3).tolist()
    assert audit.sample(100, 20, 3).tolist() != audit.sample(100, 20, 4).tolist()
    assert audit.sample(5, 20, 0).tolist() == [0, 1, 2, 3, 4]


def test_too_few_images_are_named(maps, tmp_path):
    with pytest.raises(
        InputError, match="3 nearest neighbours need at least 4 images; there are 3"
    ):
        run(maps[:3], np.ones((3, 3)), tmp_path / "a.zarr.zip", metric="wasserstein")


def test_every_metric_of_transport_has_a_reference_with_its_options():
    for choice in filter(lambda one: one.reference, METRICS.values()):
        shared = set(choice.options) - {
            "n_candidates",
            "n_atoms",
            "max_points",
            "thorough",
            "device",
        }
        assert shared <= set(METRICS[choice.reference].options)
