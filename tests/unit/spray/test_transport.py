"""Distances worked out pair by pair: how pairs are chosen, kept, resumed and read again."""

import numpy as np
import pytest
from scipy import sparse

from unhans.choices import METRICS
from unhans.errors import InputError
from unhans.io import store
from unhans.io.resumable import ResumableWriter
from unhans.io.store import Recipe, Result
from unhans.spray import affinity, pairwise
from unhans.spray.nearest import nearest
from unhans.spray.neighbours import neighbours
from unhans.spray.transport import pair_solver
from unhans.spray.transport.pair_solver import WithEmpty, as_matrix, every_pair, pairs_of

RECIPE = Recipe("distance", {"metric": "wasserstein"}, "code")
SOURCE = Result("maps", {"lineage": {}, "fingerprint": "0"}, {})


class Numbers:
    """A comparison of given numbers that counts its solves."""

    def __init__(self, places, near=None):
        self.places = np.asarray(places, dtype=float)
        self.pairs = every_pair(len(self.places))
        if near is not None:
            gaps = np.abs(self.places[:, None] - self.places)
            self.pairs = pairs_of(nearest(gaps, near))
        self.notes = {"fake": True}
        self.solved = 0

    def solve(self, pairs):
        self.solved += len(pairs)
        gaps = np.abs(self.places[pairs[:, 0]] - self.places[pairs[:, 1]])
        return {"distance": gaps, "lower_bound": gaps / 2}


@pytest.fixture
def maps(random):
    """Blobs at random places."""
    axis = np.arange(10)
    places = random.uniform(2, 8, (30, 2))
    return np.stack(
        [np.exp(-((axis[:, None] - y) ** 2 + (axis - x) ** 2) / 2) for y, x in places]
    ).astype(np.float32)


@pytest.fixture
def random():
    return np.random.default_rng(5)


# Pairs and the matrix of them


def test_pairs_of_candidates_are_there_once_and_in_order():
    found = pairs_of(np.array([[1, 2], [0, 2], [0, 3], [2, 1]]))
    assert found.tolist() == [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]
    assert every_pair(3).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert every_pair(1).shape == (0, 2)


def test_the_matrix_keeps_distances_of_zero_as_known():
    matrix = as_matrix(3, np.array([[0, 1], [1, 2]]), np.array([0.0, 2.0]))
    assert matrix.nnz == 4
    np.testing.assert_array_equal(matrix.toarray(), [[0, 0, 0], [0, 0, 2], [0, 2, 0]])
    assert nearest(matrix, 1).tolist() == [[1], [0], [1]]


@pytest.mark.parametrize("k", [1, 4, 9])
def test_nearest_among_the_known_is_nearest_in_the_matrix(random, k):
    n = 25
    values = random.integers(0, 6, (n, n)).astype(float)
    values = values + values.T
    np.fill_diagonal(values, 0)
    dense = nearest(values, k)
    known = pairs_of(nearest(values, 12))
    some = as_matrix(n, known, values[tuple(known.T)])
    every = as_matrix(n, every_pair(n), values[tuple(every_pair(n).T)])
    np.testing.assert_array_equal(nearest(every, k), dense)
    np.testing.assert_array_equal(nearest(some, k), dense)
    graph = affinity.knn_affinity(some, k)
    assert (graph != affinity.knn_affinity(values, k)).nnz == 0


def test_more_neighbours_than_are_known_are_refused():
    matrix = as_matrix(4, np.array([[0, 1], [1, 2], [2, 3]]), np.ones(3))
    with pytest.raises(InputError, match=r"2 nearest neighbours; expected from 1 to 1"):
        nearest(matrix, 2)
    with pytest.raises(InputError, match="distances hold NaN"):
        affinity.knn_affinity(sparse.csr_array(matrix * np.nan), 1)


# Heatmaps without points


@pytest.mark.parametrize("empty", [[], [2], [0, 3, 4], [0, 1, 2, 3, 4, 5, 6]])
@pytest.mark.parametrize("near", [None, 2, 5])
def test_heatmaps_without_points_have_a_distance_by_rule(empty, near):
    n = 7
    full = np.array([place for place in range(n) if place not in empty], dtype=np.int64)
    own = Numbers(full, None if near is None or near >= len(full) else near)
    whole = WithEmpty(own, full, n, near, diagonal=50.0)
    found = whole.solve(whole.pairs)["distance"]
    for (i, j), value in zip(whole.pairs, found, strict=True):
        inside = [place for place in (i, j) if place in empty]
        expected = {0: abs(j - i), 1: 50.0, 2: 0.0}[len(inside)]
        assert value == expected
    counts = np.diff(as_matrix(n, whole.pairs, found).indptr)
    assert counts.min() >= min(n - 1, near or n)
    assert len(np.unique(whole.pairs, axis=0)) == len(whole.pairs)
    assert whole.notes["empty"] == empty
    if near is None:
        np.testing.assert_array_equal(whole.pairs, every_pair(n))


# Into a result


def measure(maps, path, sink_type=ResumableWriter, **settings):
    options = {"metric": "wasserstein", **settings}
    if "n_candidates" in METRICS[options["metric"]].options:
        options["n_candidates"] = 6
    with sink_type(path, RECIPE, {"maps": SOURCE}) as sink:
        return pairwise.measure(maps, sink, **options)


class Killed(ResumableWriter):
    """Parts of a job that is killed after two blocks."""

    def append(self, *arguments, **options):
        if len(self.notes) == 2:
            raise KeyboardInterrupt
        super().append(*arguments, **options)


@pytest.mark.parametrize("metric", ["euclidean", "wasserstein", "gromov_wasserstein_fast"])
def test_what_is_stored_is_read_again_as_distances(maps, tmp_path, metric):
    path = tmp_path / "3.zarr.zip"
    said = measure(maps, path, metric=metric)
    found = store.read(path)
    assert said.startswith("distance: ")
    assert found.attributes["n"] == 30
    again = pairwise.stored(found.arrays, 30)
    indices, _ = neighbours(maps, metric, 3)
    np.testing.assert_array_equal(nearest(again, 3), indices)
    if metric != "euclidean":
        assert set(found.arrays) == {"row", "column", "distance", "lower_bound"}
        assert len(found["row"]) <= len(every_pair(30))


def test_a_killed_job_goes_on_and_ends_with_the_same_bytes(maps, tmp_path, monkeypatch):
    monkeypatch.setattr(pairwise, "BLOCK", 20)
    once, twice = tmp_path / "once" / "3.zarr.zip", tmp_path / "twice" / "3.zarr.zip"
    for path in (once, twice):
        path.parent.mkdir()
    measure(maps, once)
    with pytest.raises(KeyboardInterrupt):
        measure(maps, twice, Killed)
    assert not twice.exists()
    assert "40 of them before" in measure(maps, twice)
    assert once.read_bytes() == twice.read_bytes()


@pytest.mark.parametrize(
    "metric", ["wasserstein", "gromov_wasserstein", "gromov_wasserstein_fast", "sliced_wasserstein"]
)
def test_maps_that_are_all_alike_are_refused_and_leave_nothing(maps, tmp_path, metric):
    same = np.repeat(maps[:1], 9, axis=0)
    with pytest.raises(InputError, match="all 9 maps are equal"):
        measure(same, tmp_path / "3.zarr.zip", metric=metric)
    assert not list(tmp_path.iterdir())


def test_one_map_cannot_be_compared_pair_by_pair(maps, tmp_path):
    with pytest.raises(InputError, match="one map; expected at least two"):
        measure(maps[:1], tmp_path / "3.zarr.zip")


def test_a_distance_that_is_not_finite_is_named():
    numbers = Numbers([0, 1, np.nan])
    with pytest.raises(InputError, match="heatmaps 0 and 2 is not finite"):
        list(pair_solver.blocks(numbers, size=10))


def test_blocks_begin_where_they_are_told():
    numbers = Numbers(np.arange(6.0))
    found = list(pair_solver.blocks(numbers, size=4, start=8))
    assert [block.pairs.tolist() for block in found] == [
        every_pair(6)[8:12].tolist(),
        every_pair(6)[12:].tolist(),
    ]
    assert numbers.solved == 7
