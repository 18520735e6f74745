"""last_maps: activations that come with an explanation are those of a pass of their own."""

from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from unhans.attribution import class_attribution, last_maps
from unhans.attribution.explainer import Explainer
from unhans.attribution.hidden import LayerError
from unhans.attribution.last_maps import LastMap
from unhans.errors import SetAsideError
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.images.dataset import ClassDataset
from unhans.io import store
from unhans.io.resumable import ResumableWriter
from unhans.networks import canonizers, penultimate
from unhans.networks.registry import Network

SHAPE = (3, 16, 16)


class Residual(nn.Module):
    """Its last map is the output of a ReLU that is called twice (shared), or of a block."""

    def __init__(self, shared):
        super().__init__()
        self.shared = shared
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 6, 3, 2, 1)
        self.conv = nn.Conv2d(6, 6, 3, 1, 1)
        self.norm = nn.BatchNorm2d(6)
        self.norm.running_mean.uniform_(-1, 1)
        self.norm.running_var.uniform_(0.5, 2)
        self.relu = nn.ReLU(inplace=True)
        self.block = nn.Sequential(nn.Conv2d(6, 8, 3, 2, 1), nn.BatchNorm2d(8))
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        x = self.relu(self.stem(x))
        x = x + self.norm(self.conv(x))
        x = self.block(x if self.shared else self.relu(x))
        return self.head((self.relu(x) if self.shared else x).mean(dim=(2, 3)))


def network(module):
    return Network(module.eval(), canonizers.generic, None, 4, "")


@pytest.mark.parametrize("engine", ["auto", "zennit"])
@pytest.mark.parametrize("layers", [(), ("conv",), ("block.0",)])
@pytest.mark.parametrize("shared", [False, True])
def test_activations_come_with_the_explanation(engine, layers, shared):
    own = network(Residual(shared))
    images = np.random.default_rng(1).normal(size=(5, *SHAPE)).astype(np.float32)
    ending = penultimate.find(own.module, images)
    with penultimate.watched(own.module, ending) as see:
        seen = see(images)
    last = last_maps.of_network(own, SHAPE).last
    targets = np.zeros(5, dtype=np.int64)
    with Explainer(own, "epsilon_plus_flat", engine, layers=layers, last_map=last) as explain:
        found = explain(images, targets).activations
    with Explainer(own, "epsilon_plus_flat", engine, layers=layers) as explain:
        plain = explain(images, targets)
        assert plain.activations is None
    np.testing.assert_allclose(found.activation, seen.activation, atol=1e-5)
    maps = last_maps.restored(found.level, found.least, found.greatest)
    extent = np.ptp(seen.maps, axis=(2, 3), keepdims=True)
    assert (np.abs(maps - seen.maps) <= extent / 509 + 1e-6).all()
    if shared:
        assert (maps[seen.maps == 0] == 0).all()
    joined = last_maps.joined([found, found])
    assert joined.level.shape[0] == joined.least.shape[0] == len(joined.activation) == 10


class Turned(nn.Module):
    """What follows the last part moves positions, or joins two parts: no layer gives the last map."""

    def __init__(self, how):
        super().__init__()
        torch.manual_seed(0)
        self.how = how
        self.conv = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU())
        self.halves = nn.ModuleList([nn.Conv2d(8, 4, 1), nn.Conv2d(8, 4, 1)])
        self.same = nn.Identity()
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        x = self.conv(x)
        x = x.flip(3) if self.how == "flip" else torch.cat([one(x) for one in self.halves], 1)
        return self.head(self.same(x).mean(dim=(2, 3)))


@pytest.mark.parametrize("how", ["flip", "cat"])
@pytest.mark.parametrize("engine", ["auto", "zennit"])
def test_a_map_that_explanations_do_not_give_is_not_kept(how, engine):
    own = network(Turned(how))
    dataset = SimpleNamespace(input_shape=lambda _: SHAPE, index=1)
    make = partial(Explainer, own, "epsilon_plus_flat", engine)
    last, reason = class_attribution._last_map(make, dataset)
    if last is None:
        assert reason
        return
    images = np.random.default_rng(1).normal(size=(3, *SHAPE)).astype(np.float32)
    ending = penultimate.find(own.module, images)
    with penultimate.watched(own.module, ending) as see:
        seen = see(images)
    with make(last_map=last) as explain:
        found = explain(images, np.zeros(3, dtype=np.int64)).activations
    maps = last_maps.restored(found.level, found.least, found.greatest)
    assert last_maps.same(maps, seen.maps)


def test_equal_values_are_compared_with_the_greatest_of_them():
    assert last_maps.same([0.1, 1.0], [0.1, 1.005])
    assert not last_maps.same([0.001, 0.002], [0.001, 0.0025])
    assert last_maps.same([5.0, 1.0], [np.nan, 1.0])
    assert not last_maps.same([np.nan], [1.0])
    assert last_maps.same([0.0], [0.0])


def test_what_is_below_zero_counts_as_the_network_averages_it():
    maps = torch.tensor([[[[1.0, -3.0]], [[-1.0, -2.0]]]])
    head = np.array([[1.0, 2.0]], dtype=np.float32), np.array([0.5], dtype=np.float32)
    plain = last_maps.of_batch(LastMap("x", False, *head), maps, np.array([[-3.5]]))
    assert plain.activation.tolist() == [[-1, -1.5]]
    assert plain.level.tolist() == [[[[255, 0]], [[255, 0]]]]
    assert plain.least.tolist() == [[-3, -2]]
    rectified = last_maps.of_batch(LastMap("x", True, *head), maps, np.array([[1.0]]))
    assert rectified.activation.tolist() == [[0.5, 0]]
    assert last_maps.of_batch(None, None, np.zeros((1, 1))) is None
    with pytest.raises(
        LayerError, match=r"do not give the network's logits; expected its last map"
    ):
        last_maps.of_batch(LastMap("x", True, *head), maps, np.array([[3.0]]))


@pytest.mark.parametrize(("maps", "words"), [(None, "nothing"), (torch.zeros(2, 3), r"\(2, 3\)")])
def test_a_layer_that_gives_no_map_is_refused(maps, words):
    with pytest.raises(LayerError, match=f"layer x gives .*{words}; expected the last map"):
        last_maps.of_batch(
            LastMap("x", False, np.ones((1, 3)), np.zeros(1)), maps, np.zeros((2, 1))
        )


def test_a_network_without_a_last_map_has_a_reason_and_no_activations(planted_digits, tmp_path):
    torch.manual_seed(0)
    flat = Network(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), list, None, 10, "")
    make = partial(Explainer, flat, "epsilon_plus")
    last, reason = class_attribution._last_map(make, planted_digits)
    assert last is None
    assert "is not the average over positions" in reason
    with ExitStack() as stack:
        explainer = stack.enter_context(Explainer(flat, "epsilon_plus"))
        explainer.no_last_map = reason
        writers = {
            name: stack.enter_context(
                ResumableWriter(tmp_path / f"{name}.zarr.zip", store.Recipe(name, {}, "x"))
            )
            for name in ("heatmaps", "activations")
        }
        class_attribution.explain_class(explainer, planted_digits, writers, 8, 1)
        alone = {"activations": writers["activations"]}
        words = class_attribution.explain_class(explainer, planted_digits, alone, 8, 1)
    assert words == f"attribution: no activations are kept: {reason}"
    assert len(store.read(tmp_path / "heatmaps.zarr.zip")["image"]) == 12
    with pytest.raises(SetAsideError, match="average"):
        store.read(tmp_path / "activations.zarr.zip")


@pytest.fixture
def planted_digits(tmp_path):
    settings = settings_of(
        **{
            "source": "digits",
            "per_class": 12,
            "validation": 0.25,
            "seed": 0,
            "blur": 0,
            "noise": 0,
        },
        planting=[],
    )
    made = of_digits(Entry("3", "3", "3", 3), settings)
    store.write(
        tmp_path / "3.zarr.zip", made.arrays, store.Recipe("corpus", {}, "x"), notes=made.notes
    )
    return ClassDataset(store.read(tmp_path / "3.zarr.zip"), None)
