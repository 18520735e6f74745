"""projection: the same points for the same seed, and groups that stay apart."""

import numpy as np
import pytest

from unhans.errors import InputError
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


def test_too_few_points_are_refused(groups):
    with pytest.raises(InputError, match="n >= 4"):
        project(groups[:3], ["tsne"], seed=0)
