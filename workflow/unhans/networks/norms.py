"""Norms: batch norm is merged into the linear layer before or after it, within a traced network."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import fx, nn

from unhans.networks import _torchvision
from unhans.networks.substitutes import clone

_torchvision.allow_import()

from zennit.types import BatchNorm, ConvolutionTranspose, Linear  # noqa: E402


def merge(module: fx.GraphModule) -> int:
    """Merge each batch norm that stands beside a linear layer which feeds nothing else.

    Parameters
    ----------
    module : GraphModule
        In evaluation mode; it is changed, and its layers are not.

    Returns
    -------
    int
        Norms that were merged.

    """
    merged = 0
    for norm, layer, after in list(_pairs(module)):
        made = _after(layer, norm) if after else _before(layer, norm)
        module.set_submodule(str(layer.target), made)
        norm.replace_all_uses_with(norm.args[0])  # type: ignore[arg-type]
        module.graph.erase_node(norm)
        merged += 1
    return merged


def pool_first(module: fx.GraphModule, first_layers: tuple[str, ...] = ()) -> None:
    """Put an average pooling before the 1 x 1 convolution that it follows; they commute.

    Behind an activation the pooled values are not negative there, so that relevance by contribution
    stays bounded (DenseNet's transitions).

    Parameters
    ----------
    module : GraphModule
        It is changed.
    first_layers : tuple of str
        Layers that see the pixels, which may be negative: nothing goes before them.

    """
    for pool in list(module.graph.nodes):
        layer = _layer(module, pool)
        if not isinstance(layer, nn.AvgPool2d) or layer.padding not in (0, (0, 0)):
            continue
        conv = pool.args[0]
        found = _layer(module, conv)
        alone = isinstance(found, nn.Conv2d) and len(conv.users) == 1 and _is_pointwise(found)
        if alone and not any(str(conv.target).endswith(f".{one}") for one in first_layers):
            source = conv.args[0]
            pool.replace_all_uses_with(conv)
            conv.args, pool.args = (pool,), (source,)
            conv.prepend(pool)


def _pairs(module: fx.GraphModule) -> Iterator[tuple[fx.Node, fx.Node, bool]]:
    """Find (norm, layer, norm stands after the layer); each layer takes one norm."""
    taken: set[fx.Node] = set()
    called = [str(node.target) for node in module.graph.nodes if node.op == "call_module"]
    for norm in module.graph.nodes:
        layer = _layer(module, norm)
        if not isinstance(layer, BatchNorm) or layer.running_mean is None:
            continue
        before, users = norm.args[0], list(norm.users)
        for other, after in ((before, True), *((user, False) for user in users[:1])):
            found = _layer(module, other)
            feeds = len(other.users) == 1 if after else len(users) == 1
            if (
                isinstance(found, Linear)
                and _fits(found, layer, after)
                and other not in taken
                and feeds
                and called.count(str(other.target)) == 1
                and (after or _takes_before(found))
            ):
                taken.add(other)
                yield norm, other, after
                break


def _fits(linear: Any, norm: Any, after: bool) -> bool:
    """Whether a norm has the channels of a layer's output, or input."""
    sides = ("out_features", "out_channels") if after else ("in_features", "in_channels")
    found = [getattr(linear, side) for side in sides if hasattr(linear, side)]
    return found == [norm.num_features]


def _layer(module: Any, node: object) -> Any:
    """Layer that a node calls; None for anything else."""
    if not isinstance(node, fx.Node) or node.op != "call_module":
        return None
    return module.get_submodule(str(node.target))


def _is_pointwise(layer: nn.Conv2d) -> bool:
    return (layer.kernel_size, layer.stride) == ((1, 1), (1, 1)) and layer.padding in (0, (0, 0))


def _takes_before(layer: nn.Module) -> bool:
    """Whether a shift of a layer's input is a shift of its output: it puts no zeros around it."""
    if type(layer) is nn.Linear:
        return True
    return type(layer) in (nn.Conv1d, nn.Conv2d, nn.Conv3d) and not any(
        layer.padding if isinstance(layer.padding, tuple) else (layer.padding != "valid",)
    )


def _affine(norm: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale and mean of a norm."""
    scale = (norm.running_var + norm.eps) ** 0.5
    weight = torch.ones_like(scale) if norm.weight is None else norm.weight
    return weight / scale, norm.running_mean


def _after(layer: fx.Node, norm: fx.Node) -> Any:
    """Copy a layer so that it computes the norm after it, too."""
    module = layer.graph.owning_module
    linear, batch_norm = (_layer(module, one) for one in (layer, norm))
    scale, mean = _affine(batch_norm)
    made: Any = clone(linear)
    weight = linear.weight
    rest = (1,) * (weight.ndim - 2)
    transposed = isinstance(linear, ConvolutionTranspose)
    if transposed:
        groups = linear.groups
        wide = scale.view(groups, 1, -1).expand(groups, weight.shape[0] // groups, -1)
        factor = wide.reshape(weight.shape[0], -1, *rest)
    else:
        factor = scale.view(-1, 1, *rest)
    bias = torch.zeros_like(mean) if linear.bias is None else linear.bias
    shifted = (bias - mean) * scale
    if batch_norm.bias is not None:
        shifted = shifted + batch_norm.bias
    made.weight = nn.Parameter((weight * factor).detach())
    made.bias = nn.Parameter(shifted.detach())
    return made


def _before(layer: fx.Node, norm: fx.Node) -> Any:
    """Copy a layer so that it computes the norm before it, too."""
    module = layer.graph.owning_module
    linear, batch_norm = (_layer(module, one) for one in (layer, norm))
    scale, mean = _affine(batch_norm)
    shift = -mean * scale
    if batch_norm.bias is not None:
        shift = shift + batch_norm.bias
    weight = linear.weight
    groups = getattr(linear, "groups", 1)
    rest = (1,) * (weight.ndim - 2)
    # Row by row of the weight: the scales of the inputs that the row's group sees.
    rows = len(weight) // groups
    of_group = [part.view(groups, -1).repeat_interleave(rows, dim=0) for part in (scale, shift)]
    factor, summand = (part.view(*part.shape, *rest) for part in of_group)
    made: Any = clone(linear)
    added = (weight * summand).flatten(1).sum(dim=1)
    made.weight = nn.Parameter((weight * factor).detach())
    made.bias = nn.Parameter((added if linear.bias is None else linear.bias + added).detach())
    return made
