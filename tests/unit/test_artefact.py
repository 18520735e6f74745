"""artefact: masks and templates of what images of a cluster share, and thresholds by Otsu."""

import numpy as np
import pytest

from unhans import artefact, planting
from unhans.errors import InputError


def iou(one, other):
    return (one & other).sum() / (one | other).sum()


@pytest.fixture
def scene(random):
    """Insert an artefact into the first of 60 noisy blobs; relevance is on the blob and on some of it."""

    def make(kind, marked=15, noise=20):
        axis = np.arange(28)
        images = np.zeros((60, 28, 28))
        for image in images:
            row, column = random.uniform(9, 19, 2)
            image += 220 * np.exp(
                -((axis - row) ** 2)[:, None] / 9 - ((axis - column) ** 2)[None] / 9
            )
        images = (images + random.normal(0, noise, images.shape)).clip(0, 255).astype(np.uint8)
        heatmaps = images / 255.0
        images[:marked], masks = planting.insert(images[:marked], kind, 0, range(marked))
        # The network looks at a part of it.
        heatmaps[:marked] += 0.5 * masks * (random.random(masks.shape[1:]) < 0.5)
        inputs = images[:, None].astype(np.float32) / 255
        return inputs, heatmaps, np.arange(60) < marked, masks[0]

    return make


@pytest.mark.parametrize("kind", ["corner", "border", "bar"])
@pytest.mark.parametrize("noise", [0, 20])
def test_the_mask_is_that_of_the_artefact(scene, kind, noise):
    inputs, heatmaps, members, true = scene(kind, noise=noise)
    found = artefact.isolate(inputs, heatmaps, members)
    assert iou(found.mask, true) >= 0.8
    template = found.template[0][found.mask & true]
    assert template == pytest.approx(inputs[0, 0][found.mask & true], abs=0.02)
    assert found.consistency > 0.9


def test_inserting_changes_the_pixels_of_the_mask_alone(scene):
    inputs, heatmaps, members, _ = scene("corner")
    found = artefact.isolate(inputs, heatmaps, members)
    altered = found.insert(inputs)
    assert (altered[:, :, ~found.mask] == inputs[:, :, ~found.mask]).all()
    assert (altered[:, :, found.mask] == found.template[:, found.mask]).all()
    assert (np.where(found.mask, inputs, altered) == inputs).all()
    with pytest.raises(InputError, match="expected \\(n, 1, 28, 28\\)"):
        found.insert(inputs[:, :, :10])


def test_without_agreement_the_mask_is_where_the_network_looks(random):
    inputs = random.random((40, 3, 12, 12)).astype(np.float32)
    heatmaps = np.ones((40, 12, 12))
    members = np.arange(40) < 10
    heatmaps[members, 2:5, 2:5] = 9
    found = artefact.isolate(inputs, heatmaps, members)
    assert found.mask[2:5, 2:5].all()
    assert found.consistency < 0.3


def test_a_cluster_of_one_is_refused(scene):
    inputs, heatmaps, _, _ = scene("corner")
    with pytest.raises(InputError, match="1 images in a cluster and 59 beside it"):
        artefact.isolate(inputs, heatmaps, np.arange(60) < 1)


@pytest.mark.parametrize("seed", range(5))
def test_otsu_is_the_best_of_all_thresholds(seed):
    random = np.random.default_rng(seed)
    values = np.concatenate([random.normal(0, 1, 30), random.normal(4, 1, random.integers(2, 20))])

    def between(threshold):
        low, high = values[values <= threshold], values[values > threshold]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2 if len(high) else 0

    assert between(artefact.otsu(values)) == pytest.approx(max(between(v) for v in values))


def test_otsu_of_little_is_defined():
    assert artefact.otsu(np.array([3.0])) == 3
    assert artefact.otsu(np.array([])) == 0
    assert not (np.full(9, 2.0) > artefact.otsu(np.full(9, 2.0))).any()


def test_surplus_is_the_difference_of_mean_shares(random):
    heatmaps = random.normal(size=(6, 4, 4))
    members = np.arange(6) < 2
    shares = [np.maximum(h, 0) / np.maximum(h, 0).sum() for h in heatmaps]
    expected = np.maximum(np.mean(shares[:2], axis=0) - np.mean(shares[2:], axis=0), 0)
    assert artefact.surplus(heatmaps, members) == pytest.approx(expected)
