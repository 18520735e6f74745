"""projection: the same points for the same seed, and groups that stay apart."""

import numpy as np
import pytest
from umap import umap_, utils

from unhans.errors import InputError
from unhans.spray import projection
from unhans.spray.projection import project


@pytest.fixture(scope="module")
def groups():
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(size=(30, 5)), random.normal(size=(30, 5)) + 20])


@pytest.fixture(scope="module")
def projected(groups):
    return project(groups, ["umap", "tsne"], seed=0)


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_groups_far_apart_stay_apart(projected, method):
    points = projected[method]
    assert points.shape == (60, 2)
    assert points.dtype == np.float32
    means = points[:30].mean(axis=0), points[30:].mean(axis=0)
    spread = max(np.linalg.norm(part - part.mean(axis=0)) for part in (points[:30], points[30:]))
    assert np.linalg.norm(means[0] - means[1]) > spread / np.sqrt(30)


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_the_same_seed_gives_the_same_bytes(groups, projected, method):
    again = project(groups, [method], seed=0)
    assert again[method].tobytes() == projected[method].tobytes()


@pytest.mark.parametrize("method", ["umap", "tsne"])
@pytest.mark.parametrize("n", [4, 11, 20])
def test_small_classes_are_drawn_too(groups, method, n):
    points = project(groups[:n], [method], seed=0, n_neighbors=15, perplexity=30)[method]
    assert points.shape == (n, 2)
    assert np.isfinite(points).all()


def test_what_umap_compiles_is_kept_for_other_processes(projected):
    # Its graph: 11 of the 13 seconds of a process's first projection.
    functions = (
        umap_.smooth_knn_dist,
        umap_.compute_membership_strengths,
        utils.fast_knn_indices,
    )
    assert all(one.stats.cache_path for one in functions)


def test_a_function_that_cannot_be_kept_is_left_alone(groups, projected, monkeypatch):
    class Unkept:
        def enable_caching(self):
            raise RuntimeError("no locator available")

        def __call__(self, *given, **options):
            return original(*given, **options)

    original = umap_.smooth_knn_dist
    monkeypatch.setattr(umap_, "smooth_knn_dist", Unkept())
    monkeypatch.delattr(utils, "fast_knn_indices")
    projection._keep_compiled.cache_clear()
    again = project(groups, ["umap"], seed=0)
    assert again["umap"].tobytes() == projected["umap"].tobytes()
    projection._keep_compiled.cache_clear()


def test_too_few_points_are_refused(groups):
    with pytest.raises(InputError, match="n >= 4"):
        project(groups[:3], ["tsne"], seed=0)
