"""Rewriting: every call of a traced network becomes a module that has a rule.

`call_table.CALLS` says what becomes of functions and methods; layers of PyTorch's that zennit's
composites have a rule for stay as they are. What is in no table stays too, and is named in the remarks
of `canonizers.Canonical`: its gradient passes for relevance, which conservation then judges.
"""

import inspect
import itertools
import operator
from typing import Any

from torch import fx, nn

from unhans.networks import _torchvision, affine, bounds, endings, graph, shares, substitutes
from unhans.networks.call_table import (
    AVERAGES,
    CALLS,
    ELEMENTWISE,
    MASKS,
    MOVES,
    NOTHING,
    PRODUCTS,
    function,
    given_to,
)
from unhans.networks.operations import Addition, Norm, Pass, Product, Proportional, Spread
from unhans.networks.outputs import Unsquash

_torchvision.allow_import()

from torchvision.ops import FrozenBatchNorm2d  # noqa: E402 - needs the operators declared
from zennit import types as zennit_types  # noqa: E402 - needs torchvision to import
from zennit.layer import Sum  # noqa: E402

PASSING = (
    *(nn.LocalResponseNorm, nn.RMSNorm, nn.Mish, nn.Softmax, nn.LogSoftmax, nn.Softmin),
    *(nn.SyncBatchNorm, nn.Softmax2d),
)
"""Layers that relevance passes, and that zennit has no rule for."""

REDUCING = frozenset(
    (
        *("mean", "amin", "amax", "min", "max", "std", "var", "sum", "median", "quantile", "norm"),
        *("nanmedian", "nanmean", "vector_norm", "std_mean", "var_mean", "aminmax", "logsumexp"),
        *("kthvalue", "mode", "adaptive_avg_pool2d", "adaptive_max_pool2d"),
    )
)
"""Calls that take a statistic of many values."""

SPREADING = (nn.Upsample, nn.LPPool2d, nn.GLU, nn.Fold)
"""Layers that give relevance by contribution, and that zennit has no rule for."""

SILENT = (
    *(nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout),
    nn.FeatureAlphaDropout,
)
"""Layers that do nothing in evaluation."""

MOVING = (
    *(
        nn.Flatten,
        nn.Unflatten,
        nn.PixelShuffle,
        nn.PixelUnshuffle,
        nn.ChannelShuffle,
        nn.ZeroPad2d,
    ),
    *(nn.Unfold, nn.MaxUnpool1d, nn.MaxUnpool2d, nn.MaxUnpool3d),
    *(nn.ReflectionPad2d, nn.ReplicationPad2d, nn.ConstantPad2d, Unsquash, Sum),
    *(zennit_types.Linear, zennit_types.MaxPool, zennit_types.AvgPool, zennit_types.BatchNorm),
)
"""Layers that stay as they are: their gradient is the relevance, or zennit has their rule."""


_PASSED = ("Normalize",)
"""Names of torchvision's modules that scale and shift."""


class Rewriter:
    """Rewrites the calls of a traced network one by one.

    Parameters
    ----------
    module : GraphModule
        As `graph.traced` gives it; it is changed.

    """

    def __init__(self, module: fx.GraphModule) -> None:
        self.module = module
        self.data = graph.data_nodes(module.graph)
        self.bounded = shares.shares(module)
        self.clipped: set[fx.Node] = set()  # bounded as the activation of a network may be
        self.pixels = _before_layers(module, self.data)
        self.reduced = _statistics(module, self.pixels)
        self.unknown: dict[fx.Node, str] = {}  # calls without a rule, and their description
        self._seen: set[int] = set()
        self._count = 0

    def run(self) -> None:
        """Rewrite every call that pixels pass."""
        _use_overwritten(self.module)
        _strip_output(self.module)
        for node in list(self.module.graph.nodes):
            if node.op.startswith("call") and not node.args:
                _place_arguments(self.module, node)
            if node.op == "call_module" and node in self.data:
                _settle_weights(self.module, node)
                self._layer(node)
            elif node.op in ("call_function", "call_method"):
                self._call(node)
        self.module.graph.eliminate_dead_code()

    def replace(self, node: fx.Node, made: nn.Module, *args: Any, **kwargs: Any) -> fx.Node:
        """Put a call of a new module in place of a node.

        Parameters
        ----------
        node : Node
            It is removed.
        made : Module
            It is called instead.
        *args, **kwargs : any
            What it is called with.

        Returns
        -------
        Node
            The new call.

        """
        if node in self.pixels:
            made = _of_pixels(made)
        self._count += 1
        if node.op == "call_module":
            stem = str(node.target)
        else:
            stem = ".".join(filter(None, (graph.ROOT, graph.place(node), node.name)))
        target = f"{stem}_{self._count}"
        self.module.add_submodule(target, made)
        with self.module.graph.inserting_before(node):
            new = self.module.graph.call_module(target, args, kwargs)
        new.meta = dict(node.meta)
        self._take_over(node, new)
        return new

    def skip(self, node: fx.Node) -> None:
        """Leave out a node that does nothing.

        Parameters
        ----------
        node : Node
            Its first argument takes its place.

        """
        self._take_over(node, given_to(node, "input")["input"])

    def _take_first(self, node: fx.Node) -> None:
        """Replace the first of the outputs that a call gave before by the call, which gives one."""
        for user in list(node.users):
            if user.target is operator.getitem and user.args[1] == 0:
                self._take_over(user, node)
            else:
                self.unknown[user] = f"{_named(node)} is asked for its attention"

    def _take_over(self, node: fx.Node, new: fx.Node) -> None:
        node.replace_all_uses_with(new)
        if node in self.data:
            self.data.add(new)
        for kept in (self.bounded, self.clipped, self.pixels):
            if node in kept:
                kept.add(new)
        self.reduced |= {new: self.reduced[node]} if node in self.reduced else {}
        self.module.graph.erase_node(node)

    def _layer(self, node: fx.Node) -> None:
        layer = self.module.get_submodule(str(node.target))
        bounds.note(self, node, layer)
        if isinstance(layer, SILENT):
            self.skip(node)
        elif isinstance(layer, nn.MultiheadAttention):
            self._take_first(
                self.replace(node, substitutes.attention(layer), *node.args, **node.kwargs)
            )
        elif isinstance(layer, substitutes.NORMS):
            self.replace(node, substitutes.norm(layer), *node.args)
        elif isinstance(layer, PASSING) or type(layer).__name__ in _PASSED:
            self.replace(node, Pass(substitutes.quiet(layer)), *node.args, **node.kwargs)
        elif isinstance(layer, FrozenBatchNorm2d):
            self.replace(
                node, substitutes.batch_norm(dict(layer.named_buffers()), layer.eps), *node.args
            )
        elif isinstance(layer, SPREADING):
            self.replace(node, Proportional(substitutes.ungated(layer)), *node.args, **node.kwargs)
        elif isinstance(layer, zennit_types.Activation):
            self.replace(node, substitutes.quiet(layer), *node.args, **node.kwargs)
        elif id(layer) in self._seen or self._averages_pixels(
            node, layer
        ):  # a rule keeps values of one call
            self.replace(node, substitutes.clone(layer), *node.args, **node.kwargs)
        elif not isinstance(layer, MOVING):
            self.unknown[node] = f"{_named(node)} is a {type(layer).__name__}"
        self._seen.add(id(layer))

    def _averages_pixels(self, node: fx.Node, layer: nn.Module) -> bool:
        return node in self.pixels and isinstance(layer, zennit_types.AvgPool)

    def _call(self, node: fx.Node) -> None:
        name = graph.function_name(node)
        if name == "assert":
            self.module.graph.erase_node(node)
            return
        if node not in self.data:
            return
        bounds.note(self, node, None)
        if name in NOTHING or (node.target is getattr and node.args[1] == "data"):
            self.skip(node)
        elif name in MASKS:
            self.bounded.add(node)  # no relevance passes it
        elif name in CALLS:
            affine.fold(self, node) or CALLS[name](self, node)
        elif name in ELEMENTWISE:
            quiet = {key: value for key, value in node.kwargs.items() if key != "inplace"}
            self.replace(node, Pass(function(node)), *node.args, **quiet)
        elif name in AVERAGES:
            self.replace(node, Proportional(function(node)), *node.args, **node.kwargs)
        elif name not in MOVES:
            self.unknown[node] = f"{graph.place(node) or 'the network'} calls {name}"


def _settle_weights(module: fx.GraphModule, node: fx.Node) -> None:
    """Replace a layer that computes its weights at each call by one that has them."""
    layer = module.get_submodule(str(node.target))
    if isinstance(layer, zennit_types.Linear) and substitutes.computes_weights(layer):
        module.set_submodule(str(node.target), substitutes.with_weights(layer))


def _place_arguments(module: fx.GraphModule, node: fx.Node) -> None:
    """Give a call its first arguments by place that it was given by name."""
    if node.op == "call_module":
        names = list(inspect.signature(module.get_submodule(str(node.target)).forward).parameters)
    else:
        names = ["input", "other"]
    first = list(itertools.takewhile(node.kwargs.__contains__, names))[:3]
    node.args = tuple(node.kwargs[name] for name in first)
    node.kwargs = {name: value for name, value in node.kwargs.items() if name not in first}


def _use_overwritten(module: fx.GraphModule) -> None:
    """Where a call overwrites what it is given, give later calls its output: no copy overwrites."""
    order = {node: place for place, node in enumerate(module.graph.nodes)}
    for node in module.graph.nodes:
        if not node.all_input_nodes or not _overwrites(module, node):
            continue
        source = node.all_input_nodes[0]
        for user in list(source.users):
            if order[user] > order[node]:
                user.replace_input_with(source, node)


def _overwrites(module: fx.GraphModule, node: fx.Node) -> bool:
    if node.op == "call_module":
        return bool(getattr(_module_of(module, node), "inplace", False))
    if node.op not in ("call_method", "call_function"):
        return False
    name = str(getattr(node.target, "__name__", node.target))
    if name.endswith("_") and not name.startswith("_"):
        return True
    function_ = graph.function_name(node)
    asked = node.kwargs.get("inplace") is True or any(one is True for one in node.args)
    in_place = asked and function_ in {"relu", *ELEMENTWISE}
    return in_place or (node.op == "call_function" and name != function_ and name[0] == "i")


def _strip_output(module: fx.GraphModule) -> None:
    """Take off the softmax or sigmoid at the end, and what undoes it."""
    output = next(node for node in module.graph.nodes if node.op == "output")
    found = output.args[0]
    # Of one output z the logits are (-z, z): the step lies before that.
    undone = [node for node in module.graph.nodes if isinstance(_module_of(module, node), Unsquash)]
    for node in undone:
        _strip(module, node.args[0])
        node.replace_all_uses_with(node.args[0])
    if not undone and isinstance(found, fx.Node):
        _strip(module, found)


def _strip(module: fx.GraphModule, node: fx.Node) -> None:
    """Take off a squashing; what only moves or chooses values behind it stays."""
    _, step = endings.squashing(module, node)
    if step is not None:
        step.replace_all_uses_with(endings.given_first(step))


def _module_of(module: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    called = node.op == "call_module"
    return module.get_submodule(str(node.target)) if called else None


def _named(node: fx.Node) -> str:
    return str(node.target).removeprefix(graph.ROOT).strip(".") or "the network"


def _before_layers(module: fx.GraphModule, data: set[fx.Node]) -> set[fx.Node]:
    """Nodes that see the pixels with no linear layer between."""
    found: set[fx.Node] = set()
    for node in module.graph.nodes:
        called = module.get_submodule(str(node.target)) if node.op == "call_module" else None
        layer = isinstance(called, zennit_types.Linear) or (
            node.op in ("call_function", "call_method")
            and graph.function_name(node) in (*PRODUCTS, *substitutes.CONVOLUTIONS)
        )
        if not layer and node in data and graph.sees_alone(node, found, data):
            found.add(node)
    return found


def _statistics(module: fx.GraphModule, pixels: set[fx.Node]) -> dict[fx.Node, int]:
    """Count the statistics that were taken of the pixels on the shortest way to each node."""
    found: dict[fx.Node, int] = {}
    for node in module.graph.nodes:
        if node not in pixels:
            continue
        levels = [found[one] for one in node.all_input_nodes if one in found]
        called = _module_of(module, node)
        name = type(called).__name__ if called is not None else ""
        if node.op in ("call_function", "call_method"):
            name = graph.function_name(node)
        reducing = name in REDUCING and len(levels) == 1
        found[node] = min(levels, default=0) + (reducing or name.startswith("Adaptive"))
    return found


def _of_pixels(made: nn.Module) -> nn.Module:
    """Give a call of pixels the rule that does not depend on their values."""
    if isinstance(made, Norm):
        return Pass(made)
    if isinstance(made, Addition):
        return Product(made.call, made.signals)
    if isinstance(made, zennit_types.AvgPool):
        return Spread(made.forward)  # as a function: zennit would hook the layer
    return Spread(made.call, made.signals) if type(made) is Proportional else made
