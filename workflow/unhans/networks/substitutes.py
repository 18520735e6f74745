"""Substitutes: layers and operations that stand for calls of a network, and copies of its layers."""

import copy
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from unhans.networks.operations import Norm, Pass, Proportional

CONVOLUTIONS: Mapping[str, Callable[..., nn.Module]] = {
    "conv1d": nn.Conv1d,
    "conv2d": nn.Conv2d,
    "conv3d": nn.Conv3d,
}
"""Layers of functional convolutions, by the function's name."""

NORMS = (nn.LayerNorm, nn.GroupNorm, nn.modules.instancenorm._InstanceNorm)
"""Layers that normalise parts of each image."""


class _Attention(nn.Module):
    """Runs attention with its values given last, queries and keys held constant."""

    def __init__(self, layer: nn.MultiheadAttention) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, query: Tensor, key: Tensor, value: Tensor, **settings: Any) -> Any:
        """Run the attention."""
        # The weights are not wanted: with them another, slower function computes the same.
        settings["need_weights"] = False
        return self.layer(query.detach(), key.detach(), value, **settings)


def gated(x: Tensor, dim: int = -1) -> Tensor:
    """Compute a gated linear unit; no gradient passes its gate.

    Parameters
    ----------
    x : Tensor
        Signal and gate.
    dim : int
        Along which they lie behind one another.

    Returns
    -------
    Tensor

    """
    signal, gate = x.chunk(2, dim)
    return signal * torch.sigmoid(gate).detach()


def ungated(layer: nn.Module) -> Callable[..., Tensor]:
    """Give what a layer computes, with a gate held constant.

    Parameters
    ----------
    layer : Module
        Perhaps a gated unit.

    Returns
    -------
    callable

    """
    return partial(gated, dim=layer.dim) if isinstance(layer, nn.GLU) else layer


def clone(layer: nn.Module) -> nn.Module:
    """Copy a layer, so that hooks of the copy are its own; it shares its weights.

    Parameters
    ----------
    layer : Module
        A layer without children.

    Returns
    -------
    Module

    """
    made = copy.copy(layer)
    for name, value in vars(layer).items():
        if isinstance(value, dict):
            made.__dict__[name] = copy.copy(value)
    return made


def computes_weights(layer: nn.Module) -> bool:
    """Whether a layer computes its weights at each call (weight norm, spectral norm).

    Parameters
    ----------
    layer : Module
        Without children but for parametrisations.

    Returns
    -------
    bool

    """
    return parametrize.is_parametrized(layer) or bool(_weight_hooks(layer))


def with_weights(layer: nn.Module) -> nn.Module:
    """Copy a layer that computes its weights; the copy has them as parameters.

    Parameters
    ----------
    layer : Module
        Of which `computes_weights` is true.

    Returns
    -------
    Module
        Of the type that the layer had before it was made to compute its weights.

    """
    parametrized = parametrize.is_parametrized(layer)
    kind: Any = type(layer).__mro__[1] if parametrized else type(layer)
    made: Any = kind.__new__(kind)
    for name, value in vars(layer).items():
        made.__dict__[name] = copy.copy(value) if isinstance(value, dict) else value
    names = list(made._modules.pop("parametrizations", None) or ()) if parametrized else []
    for key, hook in _weight_hooks(layer).items():
        hook(layer, ())
        del made._forward_pre_hooks[key]
        # Norms keep the name of the parameter as name, pruning as _tensor_name.
        names.append(getattr(hook, "name", None) or hook._tensor_name)
    for name in names:
        made.__dict__.pop(name, None)
        value = getattr(layer, name)
        made._parameters[name] = None if value is None else nn.Parameter(value.detach())
        for suffix in ("_g", "_v", "_orig", "_mask"):
            made._parameters.pop(name + suffix, None)
            made._buffers.pop(name + suffix, None)
    return cast(nn.Module, made)


def _weight_hooks(layer: nn.Module) -> dict[int, Any]:
    hooks = layer._forward_pre_hooks.items()
    return {key: hook for key, hook in hooks if type(hook).__module__.startswith("torch.nn.utils.")}


def quiet(layer: nn.Module) -> nn.Module:
    """Copy a layer; the copy overwrites nothing.

    Parameters
    ----------
    layer : Module
        A layer without children, perhaps with ``inplace``.

    Returns
    -------
    Module

    """
    made = clone(layer)
    if getattr(made, "inplace", False):
        cast(Any, made).inplace = False
    return made


def attention(layer: nn.MultiheadAttention) -> Proportional:
    """Stand for attention of many heads: linear in its values, of which it takes weighted averages.

    Parameters
    ----------
    layer : MultiheadAttention
        Of the network.

    Returns
    -------
    Proportional
        Called with queries, keys and values; it gives the output alone.

    """
    return Proportional(_Attention(layer), (2,))


def norm(layer: nn.Module) -> nn.Module:
    """Stand for a layer of `NORMS`.

    Parameters
    ----------
    layer : Module
        Of the network.

    Returns
    -------
    Module

    """
    one = cast(Any, layer)
    if isinstance(layer, nn.LayerNorm):
        return Norm(one.weight, one.bias, one.eps, dims=len(one.normalized_shape))
    if isinstance(layer, nn.GroupNorm):
        return Norm(one.weight, one.bias, one.eps, groups=one.num_groups)
    if one.running_mean is not None:
        return Pass(layer)
    return Norm(one.weight, one.bias, one.eps, groups=0)


def batch_norm(parts: Mapping[str, Tensor | None], eps: float) -> nn.Module:
    """Make a layer of a functional batch norm.

    Parameters
    ----------
    parts : mapping of str to Tensor or None
        ``running_mean``, ``running_var``, ``weight`` and ``bias``, each of shape (channels,).
    eps : float
        Added to the variance.

    Returns
    -------
    Module
        In evaluation mode.

    """
    mean = parts["running_mean"]
    made = nn.BatchNorm2d(0 if mean is None else len(mean), eps)
    for name, value in parts.items():
        if value is None:
            setattr(made, name, None)
        else:
            getattr(made, name).data = value.detach()
    return made.eval()


def linear(
    name: str, weight: Tensor, bias: Tensor | None, geometry: Mapping[str, Any]
) -> nn.Module:
    """Make a layer of a functional convolution or dense layer.

    Parameters
    ----------
    name : str
        ``linear``, or one of `CONVOLUTIONS`.
    weight : Tensor
        Of shape (outputs, inputs of a group, ...).
    bias : Tensor or None
        Of shape (outputs,).
    geometry : mapping of str to any
        Stride, padding, dilation and groups.

    Returns
    -------
    Module

    """
    if name == "linear":
        made: Any = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    else:
        inputs, size = weight.shape[1] * geometry.get("groups", 1), tuple(weight.shape[2:])
        kind = CONVOLUTIONS[name]
        made = kind(inputs, weight.shape[0], size, **geometry, device="meta")
    made.weight = nn.Parameter(weight.detach())
    made.bias = None if bias is None else nn.Parameter(bias.detach())
    return cast(nn.Module, made)


PLAIN: Mapping[str, Callable[..., Any]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "truediv": torch.div,
    "matmul": torch.matmul,
    "pow": torch.pow,
    "neg": torch.neg,
}
"""Functions in place of Python's operators."""
