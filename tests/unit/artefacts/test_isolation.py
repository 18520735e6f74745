"""isolation: masks and templates of what images of a cluster share, and thresholds by Otsu."""

import numpy as np
import pytest
from scipy import ndimage

from unhans.artefacts import isolation
from unhans.errors import InputError
from unhans.images import planting


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
    found = isolation.isolate(inputs, heatmaps, members)
    assert iou(found.mask, true) >= 0.8
    template = found.template[0][found.mask & true]
    assert template == pytest.approx(inputs[0, 0][found.mask & true], abs=0.02)
    assert found.consistency > 0.9


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"members": np.array([0, 1, 2])}, r"members are int64 of shape \(3,\); expected bool"),
        ({"members": np.ones(59, dtype=bool)}, r"of shape \(59,\); expected bool of shape \(60,\)"),
        ({"heatmaps": np.zeros((60, 28, 27))}, r"heatmaps \(60, 28, 27\); expected"),
        ({"images": np.zeros((60, 28, 28))}, r"images have shape \(60, 28, 28\)"),
        ({"kind": "fix"}, "unknown kind 'fix'; expected one of fixed, free, whole, overlay"),
    ],
)
def test_wrong_arguments_are_refused(scene, wrong, message):
    inputs, heatmaps, members, _ = scene("corner")
    given = {"images": inputs, "heatmaps": heatmaps, "members": members, **wrong}
    with pytest.raises(InputError, match=message):
        isolation.isolate(**given)


def test_inserting_changes_the_pixels_of_the_mask_alone(scene):
    inputs, heatmaps, members, _ = scene("corner")
    found = isolation.isolate(inputs, heatmaps, members)
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
    found = isolation.isolate(inputs, heatmaps, members)
    assert found.mask[2:5, 2:5].all()
    assert found.consistency < 0.3


def test_a_cluster_of_one_is_refused(scene):
    inputs, heatmaps, _, _ = scene("corner")
    with pytest.raises(InputError, match="1 images in a cluster and 59 beside it"):
        isolation.isolate(inputs, heatmaps, np.arange(60) < 1)


@pytest.mark.parametrize("seed", range(5))
def test_otsu_is_the_best_of_all_thresholds(seed):
    random = np.random.default_rng(seed)
    values = np.concatenate([random.normal(0, 1, 30), random.normal(4, 1, random.integers(2, 20))])

    def between(threshold):
        low, high = values[values <= threshold], values[values > threshold]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2 if len(high) else 0

    assert between(isolation.otsu(values)) == pytest.approx(max(between(v) for v in values))


def test_otsu_of_little_is_defined():
    assert isolation.otsu(np.array([3.0])) == 3
    assert isolation.otsu(np.array([])) == 0
    assert not (np.full(9, 2.0) > isolation.otsu(np.full(9, 2.0))).any()


def test_surplus_is_the_difference_of_mean_shares(random):
    heatmaps = random.normal(size=(6, 4, 4))
    members = np.arange(6) < 2
    shares = [np.maximum(h, 0) / np.maximum(h, 0).sum() for h in heatmaps]
    expected = np.maximum(np.mean(shares[:2], axis=0) - np.mean(shares[2:], axis=0), 0)
    assert isolation.surplus(heatmaps, members) == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["random_mark", "turned_mark"])
def test_what_moves_is_found_where_it_is_in_each_image(scene, kind):
    inputs, heatmaps, members, _ = scene(kind)
    images = np.round(inputs[:15, 0] * 255).astype(np.uint8)
    true = planting.insert(images, kind, 0, range(15))[1]
    found = isolation.places(heatmaps, members)
    assert found.shape == (15, 28, 28)
    hit = [(one & other).any() for one, other in zip(found, true, strict=True)]
    assert np.mean(hit) >= 0.8
    isolated = isolation.isolate(inputs, heatmaps, members, kind="free")
    assert isolated.kind == "free"
    assert any((isolated.mask == one).all() for one in found)


def test_a_piece_of_its_own_is_less_like_the_others_than_a_common_one(random):
    inputs = random.random((40, 1, 20, 20)).astype(np.float32) * 0.1
    heatmaps = np.full((40, 20, 20), 0.01)
    members = np.arange(40) < 10
    for at in range(10):
        row, column = random.integers(0, 14, 2)
        piece = np.eye(6) if at else np.eye(6)[::-1]
        inputs[at, 0, row : row + 6, column : column + 6] = piece
        heatmaps[at, row : row + 6, column : column + 6] = 1
    found = isolation.isolate(inputs, heatmaps, members, kind="free")
    cut = found.template[0] * found.mask
    assert any((cut == inputs[at, 0] * found.mask).all() for at in range(1, 10))
    assert found.consistency > 0.3


def test_what_lies_all_over_the_image_is_a_difference_that_is_added(random):
    images = random.random((80, 1, 12, 12)).astype(np.float32)
    members = np.arange(80) < 40
    stripes = np.zeros((12, 12), dtype=np.float32)
    stripes[::2] = 0.5
    images[members] += stripes
    found = isolation.isolate(images, np.ones((80, 12, 12)), members, kind="whole")
    assert found.mask.all()
    assert found.template[0] == pytest.approx(stripes, abs=0.25)
    assert abs((found.template[0] - stripes).mean()) < 0.02
    assert found.insert(images) == pytest.approx(images + found.template)
    assert 0.3 < found.consistency <= 1


def test_an_overlay_is_what_the_details_of_images_share(random):
    images = ndimage.gaussian_filter(random.normal(0, 20, (30, 1, 56, 56)), (0, 0, 4, 4))
    mark = np.zeros((56, 56))
    mark[40:50, 10:40] = np.kron(random.choice([-1, 1], (5, 15)), np.ones((2, 2)))
    members = np.arange(30) < 9
    images[members] += 1.5 * mark
    found = isolation.isolate(images, np.ones((30, 56, 56)), members, kind="overlay")
    assert found.kind == "overlay"
    assert iou(found.mask, mark != 0) >= 0.7
    inside = found.mask & (mark != 0)
    assert np.corrcoef(found.template[0][inside], mark[inside])[0, 1] > 0.9
    assert not found.template[:, ~found.mask].any()
    plain = images[~members].astype(np.float32)
    altered = found.insert(plain)
    assert (altered[:, :, ~found.mask] == plain[:, :, ~found.mask]).all()
    assert altered - plain == pytest.approx(np.broadcast_to(found.template, plain.shape), abs=1e-5)
    assert 0 < found.consistency <= 1


def test_without_shared_details_an_overlay_is_empty(random):
    images = random.normal(0, 1, (40, 1, 56, 56))
    found = isolation.isolate(images, np.ones((40, 56, 56)), np.arange(40) < 20, kind="overlay")
    assert found.mask.sum() < 0.01 * found.mask.size
    assert found.consistency >= 0
