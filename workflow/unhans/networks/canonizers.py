"""Canonizers: networks rewritten for the time of an explanation, so that LRP's rules fit them.

LRP's rules are made for linear layers followed by an activation. Batch norm, additions and functional
calls in a forward have another form. A *canonizer* rewrites the network into an equal one of that form
for the time of an explanation, and restores it afterwards, bit for bit.

===============  ==============================================================================
VGG, AlexNet     nothing to do
VGG with BN      each batch norm is merged into the convolution before it
ResNet           the same, and the addition at the end of a block becomes a module with a rule of its
                 own: a plain ``+`` gives the whole relevance to both summands
DenseNet         batch norm stands *before* the convolutions. The two that follow a convolution which
                 feeds nothing else (``norm0``, ``norm2``) are merged. The others normalise a
                 concatenation whose parts other layers read too, so no layer can take them;
                 batch norm and ReLU together count as one activation of one value, relu(a x + b),
                 and relevance passes it unchanged. The pooling of a transition is moved in front of
                 its 1 x 1 convolution, with which it commutes: there its inputs are not negative,
                 and relevance by contribution cannot explode. ReLU and pooling of the network's own
                 forward become modules
EfficientNet-    each batch norm is merged, and the addition becomes a module as in ResNet
Lite0
===============  ==============================================================================

Conservation, measured as the sum of relevance over the logit under zennit's EpsilonPlusFlat, on random
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

Without canonizer each addition doubles the sum: 8 blocks make 2^8. A bias absorbs relevance by its
contribution to a layer's output. In EfficientNet-Lite0, whose depthwise convolutions have nine inputs
with few positive products, biases absorb nearly all, so that its maps can be compared in shape and not
in sum. In DenseNet, the batch norms that cannot be merged could also be 1 x 1 depthwise convolutions:
under z+ their shifts then absorb half of the relevance (0.50), and under epsilon contributions of
opposite sign multiply it (4.5); passed unchanged it is 0.89, which the biases of the other layers leave.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from unhans.errors import ConfigError
from unhans.networks import _torchvision, lite0

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


class MergeBatchNorm(zennit_canonizers.MergeBatchNorm):  # type: ignore[misc]
    """Merge batch norms into the layers before them, and leave exact identities behind.

    zennit merges the statistics and leaves ``eps``, so that what should be an identity still
    divides by sqrt(1 + eps); over the layers of a network with eps = 1e-3 the logits shift visibly.

    Parameters
    ----------
    pairs : callable
        Finds the layers and norms that belong together. The order of the modules does not show them
        in every network: in DenseNet, ``conv2`` comes right before the next layer's ``norm1``.

    """

    def __init__(self, pairs: Pairs) -> None:
        super().__init__()
        self.pairs = pairs
        self.eps = 0.0

    def apply(self, root_module: nn.Module) -> list[Canonizer]:
        """Merge every pair.

        Parameters
        ----------
        root_module : Module
            The network.

        Returns
        -------
        list of Canonizer
            One instance a pair; removing it restores the pair.

        """
        instances = []
        for linear, batch_norm in self.pairs(root_module):
            instance = self.copy()
            instance.register((linear,), batch_norm)
            instances.append(instance)
        return instances

    def register(self, linears: tuple[nn.Module, ...], batch_norm: nn.Module) -> None:
        """Merge one batch norm.

        Parameters
        ----------
        linears : tuple of Module
            The layers before it.
        batch_norm : Module
            It becomes an identity.

        """
        self.eps = batch_norm.eps  # type: ignore[assignment]
        super().register(linears, batch_norm)
        batch_norm.eps = 0.0  # type: ignore[assignment]

    def remove(self) -> None:
        """Restore weights, statistics and eps."""
        super().remove()
        self.batch_norm.eps = self.eps

    def copy(self) -> "MergeBatchNorm":
        """Make another instance that finds the same pairs."""
        return type(self)(self.pairs)


def _adjacent(root: nn.Module) -> Iterator[tuple[nn.Module, nn.Module]]:
    """Pair linear layers with a batch norm as the next leaf, where modules stand in call order."""
    last = None
    for leaf in collect_leaves(root):
        merges = isinstance(leaf, BatchNorm) and leaf.affine and leaf.running_mean is not None
        if merges and isinstance(last, Linear):
            yield last, leaf
        last = leaf


def _named(*names: tuple[str, str]) -> Pairs:
    """Pair layers by the names that they have in the module which holds them."""

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
    # Averages and 1 x 1 convolutions commute; in this order the averages see rectified values.
    output: torch.Tensor = self.conv(self.pool(self.relu(self.norm(inputs))))
    return output


def _mbconv_forward(
    self: Any, inputs: torch.Tensor, drop_connect_rate: float | None = None
) -> torch.Tensor:
    """Run an EfficientNet-Lite block as in evaluation, where nothing is dropped at random."""
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
    kind = lite0.package().model.MBConvBlock
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
"""Networks by name; each value makes the canonizers of one."""


def of_module(module: nn.Module, architecture: str) -> Canonizers:
    """Find the canonizers of a module by its kind.

    Parameters
    ----------
    module : Module
        torchvision's VGG, ResNet or DenseNet, nested ``nn.Sequential``, or anything without batch
        norm.
    architecture : str
        Name of the network, for messages.

    Returns
    -------
    callable
        Makes the canonizers.

    Raises
    ------
    ConfigError
        The module has batch norm, and its kind does not show which layer each one follows.

    """
    if isinstance(module, models.DenseNet):
        return _densenet
    if isinstance(module, models.ResNet):
        return _resnet
    holders = [part for part in module.modules() if any(True for _ in part.children())]
    if all(isinstance(part, nn.Sequential | models.VGG) for part in holders):
        return _sequential
    if any(isinstance(part, BatchNorm) for part in module.modules()):
        raise ConfigError(
            f"network '{architecture}' has batch norm in a {type(module).__name__}, whose code "
            "does not show which layer each one follows; return an unhans.networks.registry.Network "
            "with canonizers"
        )
    return _plain
