"""fine_tuning: the frozen part stays, the rest learns, and images that mislead make a mark used."""

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from unhans.errors import ConfigError, InputError
from unhans.images import corpus, sampling
from unhans.images.class_index import Entry
from unhans.images.planting import Planting
from unhans.images.transform import Transform
from unhans.io import store
from unhans.networks import fine_tuning, registry
from unhans.networks.inference import predict
from unhans.networks.registry import Network

SETTINGS = fine_tuning.FineTuning(
    frozen="body.0",
    epochs=6,
    batch_size=8,
    learning_rate=5e-3,
    head_learning_rate=5e-3,
    validation=0.25,
    misled=0,
    seed=1,
)
PLANTING = [{"kind": "letterbox", "class": "one", "rate": 0.25, "seed": 0}]
PLANTED = [Planting("letterbox", "one", 0.25, 0)]


class Residual(nn.Module):
    """Two blocks, of which the second has a way past its convolution."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.BatchNorm2d(6), nn.ReLU(inplace=True)),
            nn.Conv2d(6, 6, 3, padding=1),
        )
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        count, same = x.size(0), x.shape[0]
        x = self.body[0](x)
        x = torch.relu_(x + self.body[1](x))
        return self.head(x.mean(dim=(2, 3)).view(count, -1)).reshape(same, 2)


@pytest.fixture
def network():
    torch.manual_seed(0)
    used = Transform(36, 36, (0.5,) * 3, (0.25,) * 3)
    return Network(Residual().eval(), list, used, 2, "")


@pytest.fixture
def photographs(tmp_path):
    """Two classes of red and of blue noise, the second with bars in a quarter of its images."""
    random = np.random.default_rng(0)
    given = {"source": "folder", "splits": ["train"], "upright": True, "max_pixels": 10_000}
    given |= {"planting": PLANTING}
    paths = []
    for index, name in enumerate(("zero", "one")):
        folder = tmp_path / "train" / name
        folder.mkdir(parents=True)
        for number in range(16):
            pixels = random.integers(0, 120, (40, 40, 3), dtype=np.uint8)
            pixels[..., 2 * index] += 100
            Image.fromarray(pixels).save(folder / f"{number:02d}.png")
        made = corpus.of_files(
            Entry(name, name, name, index), corpus.settings_of(**given), tmp_path
        )
        paths.append(tmp_path / f"{name}.zarr.zip")
        store.write(paths[-1], made.arrays, store.Recipe("corpus", given, "x"), notes=made.notes)
    return store.classes(paths)


def test_the_two_parts_are_the_network(network):
    images = np.random.default_rng(0).normal(size=(3, 3, 36, 36)).astype(np.float32)
    expected = predict(network.module, images)
    for layer in ("body.0", "body.0.0", None):
        cut = fine_tuning.split(network.module, layer, network.transform)
        with torch.no_grad():
            found = cut.rest.eval()(cut.trunk.eval()(torch.from_numpy(images))).numpy()
        np.testing.assert_array_equal(found, expected)
    rest = fine_tuning.split(network.module, "body.0", network.transform).rest
    own = dict(network.module.named_parameters())
    assert {id(one) for one in rest.parameters()} == {
        id(own[name]) for name in own if not name.startswith("body.0")
    }


@pytest.mark.parametrize(
    ("layer", "said"), [("body.7", "no layer 'body.7'"), ("body.1", "past layer 'body.1'")]
)
def test_a_layer_that_does_not_split_the_network_is_refused(network, layer, said):
    with pytest.raises(InputError, match=said):
        fine_tuning.split(network.module, layer, network.transform)


def test_the_frozen_part_stays_and_the_rest_learns_the_same_again(network, photographs, tmp_path):
    before = {name: value.clone() for name, value in network.module.state_dict().items()}
    record = fine_tuning.train(network, photographs, PLANTED, SETTINGS, root=tmp_path)
    after = network.module.state_dict()
    for name, value in before.items():
        assert torch.equal(value, after[name]) == name.startswith("body.0"), name
    assert record["accuracy_validation"].iloc[-1] == 1
    assert not network.module.training
    first = {name: value.clone() for name, value in after.items()}
    network.module.load_state_dict(before)
    fine_tuning.train(network, photographs, PLANTED, SETTINGS, root=tmp_path)
    again = network.module.state_dict()
    assert all(torch.equal(first[name], value) for name, value in again.items())


class Viewed(Residual):
    """Takes apart the memory of its activations, which must lie in the usual order."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(6 * 17 * 17, 2)

    def forward(self, x):
        x = self.body(x)
        return self.head(x.view(x.size(0), -1))


@pytest.mark.parametrize("made", [Residual, Viewed])
def test_weights_end_in_the_usual_order_whatever_the_network_needs(
    network, photographs, tmp_path, made
):
    used = dataclasses.replace(network, module=made().eval())
    fine_tuning.train(used, photographs, PLANTED, SETTINGS, root=tmp_path)
    assert all(weight.is_contiguous() for weight in used.module.parameters())
    assert not used.module.training


def test_images_that_mislead_are_unmarked_training_images_of_other_classes(photographs, tmp_path):
    misled = dataclasses.replace(SETTINGS, misled=0.5)
    found = list(fine_tuning.examples(photographs, PLANTED, misled, tmp_path))
    plain = [one for one in found if one.mark is None]
    assert len(plain) == 32
    assert sum(one.held_out for one in plain) == 8
    extra = [one for one in found if one.mark is not None]
    assert len(extra) == 6
    assert {(one.own.index, one.label, one.held_out) for one in extra} == {(0, 1, False)}
    held = sampling.held_out(16, 0.25, SETTINGS.seed)
    assert not held[[one.row for one in extra]].any()


def test_a_mark_that_both_classes_bear_misleads_no_image_of_them(photographs, tmp_path):
    shared = [*PLANTED, Planting("letterbox", "zero", 0.25, 0)]
    misled = dataclasses.replace(SETTINGS, misled=1)
    found = fine_tuning.examples(photographs, shared, misled, tmp_path)
    assert all(one.mark is None for one in found)


def test_digits_are_not_fine_tuned(network):
    with pytest.raises(InputError, match="expected a corpus and a network of photographs"):
        fine_tuning.train(network, {}, [], SETTINGS, root=None)


def test_a_network_for_classes_keeps_all_but_its_last_layer(tmp_path):
    made = registry.load("squeezenet1_1", seed=3, classes=5)
    path = tmp_path / "weights.pth"
    torch.save(made.module.state_dict(), path)
    found = registry.for_classes("squeezenet1_1", path, None, 0, 3, None)
    assert found.classes == 3
    state, old = found.module.state_dict(), made.module.state_dict()
    changed = [name for name in old if not torch.equal(old[name], state[name])]
    assert changed == ["classifier.1.weight", "classifier.1.bias"]
    assert state["classifier.1.weight"].shape[0] == 3


def own():
    return Network(Residual(), list, Transform(36, 36, (0.5,) * 3, (0.25,) * 3), 2, "")


def test_a_network_of_ones_own_must_have_an_output_for_each_class():
    name = f"{__name__}:own"
    assert registry.for_classes(name, None, None, 0, 2, None).classes == 2
    with pytest.raises(ConfigError, match="has 2 outputs; expected 3, one for each class"):
        registry.for_classes(name, None, None, 0, 3, None)
