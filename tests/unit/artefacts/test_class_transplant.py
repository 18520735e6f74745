"""Donors and hosts of a class: who is drawn, what a mark does, and what cannot be tried."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.artefacts import class_transplant, hosts
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.images.dataset import ClassDataset
from unhans.io import store
from unhans.networks import cutting
from unhans.networks.registry import Network

RECIPE = store.Recipe("test", {}, "x")
PLANTED = {
    **{"per_class": 40, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0},
    "planting": [{"kind": "corner", "class": "1", "rate": 0.25, "seed": 0}],
}


class Cornered(nn.Module):
    """Rates class 1 the higher the more the marked corner is checkered, and class 0 alike."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(9.0))

    def forward(self, x):
        corner = x[:, 0, -4:, -4:]
        checkered = (corner[:, ::2, ::2] - corner[:, ::2, 1::2]).mean(dim=(1, 2)).abs()
        zero = torch.zeros(len(x))
        return torch.stack([zero + 1, self.scale * checkered, zero], dim=1)


@pytest.fixture
def corpora(tmp_path):
    for index, class_id in enumerate("012"):
        made = of_digits(Entry(class_id, class_id, class_id, index), settings_of(**PLANTED))
        path = tmp_path / f"{class_id}.zarr.zip"
        store.write(path, dict(made.arrays), RECIPE, notes=made.notes)
    return store.classes(sorted(map(str, tmp_path.glob("*.zarr.zip"))))


def drawn(corpora, tmp_path, images=12):
    found = hosts.draw(corpora, None, None, images=images, seed=0)
    path = tmp_path / "hosts.zarr.zip"
    store.write(path, {"image": found.image, "target": found.target}, RECIPE)
    return store.read(path)


def explained(corpora, class_id, tmp_path):
    images = corpora[class_id]["image"].astype(np.float32)
    arrays = {
        "heatmap": images * (np.arange(28) > 20),
        "image": np.arange(len(images)),
    }
    path = tmp_path / "explained.zarr.zip"
    store.write(path, arrays, RECIPE)
    return store.read(path)


def tried(corpora, tmp_path, class_id="1", **settings):
    module = Cornered().eval()
    network = Network(module, list, None, 3, "0")
    cut = cutting.cut(module, torch.zeros(3, 1, 28, 28))
    dataset = ClassDataset(corpora[class_id], None)
    return class_transplant.try_class(
        (network, cut),
        dataset,
        explained(corpora, class_id, tmp_path),
        drawn(corpora, tmp_path),
        **{"images": 250, "hosts": 4, "seed": 0, **settings},
    )


def test_about_as_many_images_of_each_class_are_drawn(corpora):
    found = hosts.draw(corpora, None, None, images=12, seed=0)
    assert np.bincount(found.target).tolist() == [4, 4, 4]
    assert found.image.shape == (12, 1, 28, 28)
    assert [name for name, _ in found.origin] == ["0"] * 4 + ["1"] * 4 + ["2"] * 4
    again = hosts.draw(corpora, None, None, images=12, seed=0)
    assert np.array_equal(found.image, again.image)
    other = hosts.draw(corpora, None, None, images=12, seed=1)
    assert not np.array_equal(found.image, other.image)


def test_classes_without_images_give_no_hosts(corpora, tmp_path):
    path = tmp_path / "set_aside" / "9.zarr.zip"
    store.write_set_aside(path, RECIPE, "no image")
    without = store.classes([str(path)])
    assert len(hosts.draw(without, None, None, images=2, seed=0).target) == 0
    both = {"1": corpora["1"], "9": without["9"]}
    assert hosts.draw(both, None, None, images=4, seed=0).target.tolist() == [1, 1]


def test_marked_images_raise_the_class_and_others_do_not(corpora, tmp_path):
    found = tried(corpora, tmp_path)
    marked = ClassDataset(corpora["1"], None).artefact[found.row] > 0
    assert marked.sum() == 10
    window = found.found.rise[:, 0].mean(axis=1)
    assert window[marked].min() > window[~marked].max() + 1
    points = found.found.probability[:, 0].mean(axis=1)
    assert points[marked].min() > 0.3
    assert found.cut == "before the first layer"
    assert f"{len(found.row)} images" in class_transplant.describe(found)


def test_hosts_are_of_other_classes(corpora, tmp_path):
    found = tried(corpora, tmp_path, hosts=100)
    targets = drawn(corpora, tmp_path)["target"]
    assert set(targets[found.hosts].tolist()) == {0, 2}
    assert len(found.hosts) == 8


def test_a_sample_is_the_same_for_the_same_seed(corpora, tmp_path):
    one, two = (tried(corpora, tmp_path, images=9, seed=3) for _ in range(2))
    assert len(one.row) == 9
    assert np.array_equal(one.row, two.row)
    assert np.array_equal(one.found.rise, two.found.rise)
    assert not np.array_equal(one.row, tried(corpora, tmp_path, images=9, seed=4).row)


def test_a_corpus_of_one_class_has_nothing_to_put_pieces_into(corpora, tmp_path):
    alone = {"1": corpora["1"]}
    found = class_transplant.try_class(
        (Network(Cornered().eval(), list, None, 3, "0"), cutting.Cut(nn.Identity(), Cornered())),
        ClassDataset(corpora["1"], None),
        explained(corpora, "1", tmp_path),
        drawn(alone, tmp_path),
        images=250,
        hosts=4,
        seed=0,
    )
    assert len(found.row) == 0
    assert found.found.rise.shape == (0, 3, 0)
    assert "no other class has an image" in class_transplant.describe(found)
