"""Tracing: a network is read once, with torch.fx, as a list of steps that have rules."""

import operator
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _BatchNorm

from unhans.attribution.lrp import rules
from unhans.attribution.lrp.linear_maps import (
    NO_MARGIN,
    Convolution,
    Dense,
    LinearMap,
    is_same_padded,
    pair,
)
from unhans.attribution.lrp.program import Program, ProgramBuilder
from unhans.attribution.lrp.rules import Rule
from unhans.errors import InputError, NotCoveredError
from unhans.networks import _torchvision
from unhans.networks.canonizers import HOOKS
from unhans.networks.operations import Addition, Operation

_torchvision.allow_import()

from zennit import types as zennit_types  # noqa: E402 - needs torchvision to import
from zennit.canonizers import Canonizer  # noqa: E402
from zennit.layer import Sum  # noqa: E402

First = Literal["flat", "zbox", "plus"]
"""Rule of the first layer; ``plus`` gives it none of its own (zennit's EpsilonPlus)."""


class Settings(NamedTuple):
    """What the rules of a network are made with; see `engine.Engine`."""

    first: First
    low: float | Tensor
    high: float | Tensor
    dtype: torch.dtype
    layers: tuple[str, ...] | None = None
    watched: frozenset[str] = frozenset()


def read(model: nn.Module, canonizers: tuple[Canonizer, ...], settings: Settings) -> Program:
    """Read a network, rewritten by its canonizers for the time of reading.

    Parameters
    ----------
    model : Module
        Network from images to logits. It is left as it was.
    canonizers : tuple of Canonizer
        zennit's.
    settings : Settings
        Of the rules.

    Returns
    -------
    Program

    Raises
    ------
    NotCoveredError
        A layer or a call has no rule, or the network cannot be traced.
    InputError
        A part to watch does not give one value.

    """
    for name, part in model.named_modules():
        if any(getattr(part, kind) for kind in HOOKS):
            raise NotCoveredError(f"{name or 'the network'} has hooks, which would not run")
    norms = [part for part in model.modules() if isinstance(part, _BatchNorm)]
    before = {norm: _place(norm) for norm in norms}
    with ExitStack() as stack:
        for canonizer in canonizers:
            for applied in canonizer.apply(model):
                stack.callback(applied.remove)
        # A merged norm is skipped: zennit leaves its eps in place, which would scale by
        # (1 + eps)^-1/2. It holds the numbers of the identity, and a canonizer put them there; a
        # freshly made norm holds the same numbers and is not merged.
        merged = {
            norm
            for norm, place in before.items()
            if _is_identity(norm) and (_place(norm) != place or norm.eps == 0)
        }
        return _Reader(model, settings, merged).read()


def _place(norm: _BatchNorm) -> int:
    """Address of a norm's statistics: a canonizer replaces them by new ones."""
    return 0 if norm.running_mean is None else norm.running_mean.data_ptr()


def _is_identity(norm: _BatchNorm) -> bool:
    if norm.running_mean is None or norm.running_var is None:
        return False
    zeros, ones = (norm.running_mean, norm.bias), (norm.running_var, norm.weight)
    return not any(bool((part != 0).any()) for part in zeros if part is not None) and not any(
        bool((part != 1).any()) for part in ones if part is not None
    )


class _Root(nn.Module):
    """Holds the network, so that a forward that a canonizer gave it is traced too."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Any:
        """Run the network."""
        return self.model(x)


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether a module is one step: PyTorch's layers, sums, operations, and what cannot be traced."""
        whole = isinstance(m, Sum | Operation) or is_same_padded(m)
        return whole or super().is_leaf_module(m, module_qualified_name)


def _trace(root: nn.Module) -> fx.Graph:
    modes = {module: module.training for module in root.modules()}
    try:
        return _Tracer().trace(root.eval())
    except Exception as error:  # a network's own code may raise anything
        reason = str(error).strip().split("\n")[0]
        raise NotCoveredError(f"it cannot be traced ({reason})") from error
    finally:
        for module, mode in modes.items():
            module.training = mode


class _Rules:
    """Gives each layer of a network its rule."""

    def __init__(self, model: nn.Module, settings: Settings) -> None:
        self._settings = settings
        linear = (part for part in model.modules() if isinstance(part, zennit_types.Linear))
        if settings.layers is None:
            first = [part for part in (next(linear, None),) if part is not None]
        else:
            first = [model.get_submodule(name) for name in settings.layers]
        self._first = [] if settings.first == "plus" else first

    def of(self, layer: nn.Module, signed: bool) -> Rule | None:
        """Give the rule of a layer, or None; ``signed``: its input may be negative."""
        match layer:
            case nn.Conv2d() if type(layer) is nn.Conv2d or is_same_padded(layer):
                return self.of_convolution(layer, signed)
            case nn.Linear() if type(layer) is nn.Linear:
                return self._linear(layer, Dense(layer, self._settings.dtype), signed)
            case nn.MaxPool2d() if type(layer) is nn.MaxPool2d and not layer.return_indices:
                return rules.MaxPool(layer)
            case nn.Flatten() if (layer.start_dim, layer.end_dim) == (1, -1):
                return rules.Flatten()
            case nn.ZeroPad2d() if type(layer) is nn.ZeroPad2d and min(layer.padding) >= 0:
                return rules.Pad(tuple(layer.padding))
        simple = _SIMPLE.get(type(layer))
        return None if simple is None else simple(layer)

    def of_convolution(
        self, layer: nn.Conv2d, signed: bool, margin: tuple[int, ...] = NO_MARGIN
    ) -> Rule:
        """Give the rule of a convolution that puts a margin of zeros around its input."""
        return self._linear(layer, Convolution(layer, self._settings.dtype, margin), signed)

    def _linear(self, layer: nn.Module, linear_map: LinearMap, signed: bool) -> Rule:
        if any(layer is first for first in self._first):
            if self._settings.first == "flat":
                return rules.Flat(linear_map)
            return rules.Box(linear_map, self._settings.low, self._settings.high)
        if isinstance(linear_map, Dense):
            return rules.Epsilon(linear_map)
        return rules.SignedPlus(linear_map) if signed else rules.Plus(linear_map)


class _Reader:
    """Turns a traced graph into steps; names the node that has no rule if there is one."""

    def __init__(self, model: nn.Module, settings: Settings, merged: set[_BatchNorm]) -> None:
        self._root = _Root(model)
        self._rules, self._merged = _Rules(model, settings), merged
        self._names = settings.watched
        self._builder = ProgramBuilder()
        self._values: dict[fx.Node, int] = {}
        self._stacks: dict[fx.Node, tuple[tuple[int, ...], int]] = {}
        self._shapes: set[fx.Node] = set()
        self._sizes: set[fx.Node] = set()  # nodes that hold the number of images
        self._margins: dict[fx.Node, tuple[int, ...]] = {}

    def read(self) -> Program:
        """Read every node of the traced network."""
        output = None
        for node in _trace(self._root).nodes:
            if node.op == "placeholder":
                self._values[node] = 0
            elif node.op == "call_module":
                self._call_module(node)
            elif node.op == "output":
                if not isinstance(node.args[0], fx.Node):
                    raise NotCoveredError("its output is not one tensor, made by its last layer")
                output = self._value(node.args[0], node)
            elif node.op != "get_attr":  # `_read_conv2d` looks these up
                self._call(node)
        if output is None:
            raise NotCoveredError("it has no layers")
        return self._builder.finish(output, self._watched())

    def _watched(self) -> dict[int, tuple[str, ...]]:
        """Names of the parts to watch, by the number of the value that they give."""
        found: dict[int, tuple[str, ...]] = {}
        for name in sorted(self._names):
            numbers = [value for node, value in self._values.items() if _is_output(node, name)]
            if len(numbers) != 1:
                raise InputError(
                    f"layer '{name}' gives {len(numbers)} values; expected a layer that is called once"
                )
            found[numbers[0]] = (*found.get(numbers[0], ()), name)
        return found

    def _value(self, found: object, node: fx.Node) -> int:
        if not isinstance(found, fx.Node) or found not in self._values:
            raise _not_covered(node)
        return self._values[found]

    def _add(self, node: fx.Node, rule: Rule, *sources: int) -> None:
        self._values[node] = self._builder.add(rule, *sources)

    def _call_module(self, node: fx.Node) -> None:
        name = str(node.target)
        layer = self._root.get_submodule(name)
        label = f"{name.removeprefix('model').strip('.') or 'the network'} is a {_kind(layer)}"
        if isinstance(layer, Addition) and layer.call is torch.add and not node.kwargs:
            self._add(node, rules.Addition(), *(self._value(one, node) for one in node.args))
            return
        if len(node.args) != 1 or node.kwargs or "forward" in vars(layer):
            raise NotCoveredError(f"{label}, but not called as one")
        if isinstance(layer, Sum):
            self._sum(node, layer)
            return
        source = self._value(node.args[0], node)
        if type(layer) in _TRANSPARENT or layer in self._merged:
            self._values[node] = source
            return
        if getattr(layer, "inplace", False):
            self._builder.overwrite(source)
        rule = self._rules.of(layer, self._builder.is_signed(source))
        if rule is None:
            raise NotCoveredError(f"{label}, for which the engine has no rule")
        self._add(node, rule, source)
        if isinstance(rule, rules.Pad):
            self._margins[node] = rule.margin

    def _sum(self, node: fx.Node, layer: Sum) -> None:
        stack = node.args[0]
        if not isinstance(stack, fx.Node) or stack not in self._stacks:
            raise _not_covered(node)
        summands, dim = self._stacks[stack]
        if dim != layer.dim or len(summands) < 2:
            raise _not_covered(node)
        self._add(node, rules.Addition(), *summands)

    def _call(self, node: fx.Node) -> None:
        """Read a call of a function or of a method."""
        if node.target not in _CALLS:
            raise _not_covered(node)
        _CALLS[node.target](self, node)

    def _read_flatten(self, node: fx.Node) -> None:
        given = dict(zip(("input", "start_dim", "end_dim"), node.args, strict=False))
        given |= node.kwargs
        if (given.get("start_dim", 0), given.get("end_dim", -1)) != (1, -1):
            raise _not_covered(node)
        self._add(node, rules.Flatten(), self._value(given["input"], node))

    def _read_view(self, node: fx.Node) -> None:
        shape = node.args[1:]
        if len(shape) != 2 or shape[0] not in self._sizes or shape[1] != -1 or node.kwargs:
            raise _not_covered(node)
        self._add(node, rules.Flatten(), self._value(node.args[0], node))

    def _read_size(self, node: fx.Node) -> None:
        self._value(node.args[0], node)
        (self._sizes if node.args[1:] == (0,) else self._shapes).add(node)

    def _read_getattr(self, node: fx.Node) -> None:
        if node.args[1] != "shape":
            raise _not_covered(node)
        self._value(node.args[0], node)
        self._shapes.add(node)

    def _read_getitem(self, node: fx.Node) -> None:
        if node.args[0] not in self._shapes or node.args[1] != 0:
            raise _not_covered(node)
        self._sizes.add(node)

    def _read_stack(self, node: fx.Node) -> None:
        given = dict(zip(("tensors", "dim"), node.args, strict=False)) | node.kwargs
        summands, dim = given["tensors"], given.get("dim", 0)
        if not isinstance(summands, list | tuple) or not isinstance(dim, int):
            raise _not_covered(node)
        self._stacks[node] = tuple(self._value(one, node) for one in summands), dim

    def _read_conv2d(self, node: fx.Node) -> None:
        """Read a subclass of Conv2d that puts zeros around its input and then convolves."""
        path = _path(node)
        layer = self._root.get_submodule(path)
        image, margin = node.args[0], NO_MARGIN
        if isinstance(image, fx.Node) and image in self._margins and _inside(image, path):
            # The layer's own padding: the flat rule spreads no relevance onto it.
            margin, image = self._margins[image], image.args[0]
        source = self._value(image, node)
        if not isinstance(layer, nn.Conv2d) or not _calls_itself(node, path, layer):
            raise _not_covered(node)
        rule = self._rules.of_convolution(layer, self._builder.is_signed(source), margin)
        self._add(node, rule, source)


_TRANSPARENT = {nn.Identity, nn.Dropout, nn.Dropout2d}
"""Layers that do nothing in evaluation."""

_SIMPLE: Mapping[type[nn.Module], Callable[[Any], Rule]] = {
    nn.ReLU: lambda layer: rules.Rectifier(None),
    nn.ReLU6: lambda layer: rules.Rectifier(6.0),
    nn.AvgPool2d: rules.AveragePool,
    nn.AdaptiveAvgPool2d: rules.AveragePool,
}
"""Rules of layers whose rule depends on nothing but their kind."""

_CALLS: Mapping[Any, Callable[[_Reader, fx.Node], None]] = {
    torch.flatten: _Reader._read_flatten,
    torch.stack: _Reader._read_stack,
    torch.conv2d: _Reader._read_conv2d,
    getattr: _Reader._read_getattr,
    operator.getitem: _Reader._read_getitem,
    "flatten": _Reader._read_flatten,
    "view": _Reader._read_view,
    "reshape": _Reader._read_view,
    "size": _Reader._read_size,
}
"""Functions and methods of tensors that a network may call besides its layers."""


def _is_output(node: fx.Node, name: str) -> bool:
    """Whether a node is what a part of the network gives."""
    if node.op == "call_module":
        return str(node.target) == f"model.{name}"
    return node.target is torch.conv2d and _path(node) == f"model.{name}"


def _calls_itself(node: fx.Node, path: str, layer: nn.Conv2d) -> bool:
    """Whether a layer does nothing but call conv2d with its own settings."""
    if len(node.args) != 7 or node.kwargs:
        return False
    for name, found in zip(("weight", "bias"), node.args[1:3], strict=True):
        there = getattr(layer, name) is not None
        if there != (isinstance(found, fx.Node) and found.target == f"{path}.{name}"):
            return False
    own = (*map(pair, (layer.stride, layer.padding, layer.dilation)), layer.groups)
    given = (*map(pair, node.args[3:6]), node.args[6])
    steps = {other for other in node.graph.nodes if other.op != "get_attr"}
    rest = {other for other in steps if _inside(other, path)} - {node, node.args[0]}
    return own == given and not rest


def _path(node: fx.Node) -> str:
    """Name of the module in whose forward a node lies."""
    frames = list(node.meta.get("nn_module_stack", {}).values())
    return frames[-1][0] if frames else ""


def _inside(node: fx.Node, path: str) -> bool:
    return f"{_path(node)}.".startswith(f"{path}.")


def _kind(layer: nn.Module) -> str:
    name = type(layer).__name__
    return f"{name}, not merged by a canonizer" if "BatchNorm" in name else name


def _not_covered(node: fx.Node) -> NotCoveredError:
    name = getattr(node.target, "__name__", str(node.target))
    place = _path(node).removeprefix("model").strip(".") or "the network"
    return NotCoveredError(f"{place} calls {name}, for which the engine has no rule")
