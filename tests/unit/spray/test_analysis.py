"""analysis: heatmaps to tau in one call give what the stages of the workflow give."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from unhans.errors import InputError
from unhans.spray import (
    affinity,
    class_size,
    clustering,
    embedding,
    laplacian,
    pairwise,
    preprocessing,
    separability,
)
from unhans.spray.analysis import analyse

MAPS = np.random.default_rng(0).lognormal(size=(40, 14, 14)).astype(np.float32)


def by_stages(steps, distance, knn, q, seed, ks, n_init):
    """What the scripts of the stages do, one after the other, with settings as the plan gives them."""
    written, notes = {}, []
    sink = SimpleNamespace(done=0, notes=notes, finish=lambda _: None)

    def append(arrays, notes=None):
        written.update(arrays)
        sink.notes.append(notes)

    sink.append = append
    pairwise.measure(preprocessing.represent(MAPS, steps), sink, **distance)
    distances = pairwise.stored(written, len(MAPS))
    graph = affinity.knn_affinity(distances, knn)
    eigenvalues, points = embedding.spectral(laplacian.symmetric_normalized(graph), q, seed)
    labels = clustering.kmeans(points, ks, seed=seed, n_init=n_init)
    found = separability.separability(points, labels)
    return {
        "distances": distances,
        "affinity": graph,
        "eigenvalues": eigenvalues,
        "embedding": points,
        "labels": labels,
        "fisher": separability.fisher_per_clustering(points, labels),
        "tau": float(found.fisher.mean()),
        "q_used": found.used.q,
        "k_used": found.used.k_max,
        "unbounded": found.unbounded,
        "ks": np.array(ks),
    }


def plain(value):
    return value.toarray() if sparse.issparse(value) else np.asarray(value)


@pytest.mark.parametrize(
    ("metric", "options"),
    [
        ("euclidean", {}),
        ("sliced_wasserstein", {"p": 1}),
        ("wasserstein", {"mass_fraction": 0.5, "n_candidates": 12}),
    ],
)
def test_the_results_are_those_of_the_stages(metric, options):
    found = analyse(
        MAPS,
        steps=[("sum_pool", 7), "unit_norm"],
        metric=metric,
        knn=6,
        q=5,
        ks=range(2, 7),
        seed=3,
        n_init=2,
        **options,
    )
    steps = [{"step": "sum_pool", "size": 7}, {"step": "unit_norm"}]
    expected = by_stages(steps, {"metric": metric, **options}, 6, 5, 3, range(2, 7), 2)
    assert {field.name for field in dataclasses.fields(found)} == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(plain(getattr(found, name)), plain(value), err_msg=name)


def test_a_metric_of_pairs_compares_twice_as_many_candidates_as_neighbours():
    metric = {"metric": "gromov_wasserstein_fast", "n_atoms": 6}
    few = analyse(MAPS, steps=[("sum_pool", 4)], **metric, knn=3, q=3, ks=[2])
    counts = np.diff(few.distances.indptr)
    assert 20 <= counts.min() < 39


def test_maps_that_are_all_equal_are_refused():
    with pytest.raises(InputError, match="all 40 maps are equal"):
        analyse(np.ones((40, 3, 3)), ks=[2])


def test_results_are_frozen():
    found = analyse(MAPS, q=3, ks=[2])
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.tau = 0


@pytest.mark.parametrize("step", ["sum_pool", ("unit_norm", 3), "blur", {"step": "sum_pool"}])
def test_steps_that_are_none_are_refused(step):
    with pytest.raises(InputError, match=r"expected .*sum_pool"):
        analyse(MAPS, steps=[step])


def test_tau_of_a_small_class_is_that_of_the_steps_and_finite(random):
    run = analyse(random.normal(size=(30, 8, 8)), ks=range(2, 31))
    assert run.tau == separability.tau(run.embedding, run.labels)
    assert np.isfinite(run.tau)
    assert run.fisher[-1] > 1e6
    assert (run.q_used, run.k_used) == class_size.size_for(30, 30, 30)
    assert run.q_used < run.embedding.shape[1]
    assert run.k_used < run.ks[-1]
