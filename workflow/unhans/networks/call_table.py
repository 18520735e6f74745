"""Call table: what becomes of the functions and methods that a network calls besides its layers.

Calls are found by name, since ``torch.add``, ``operator.add``, ``Tensor.add`` and ``+=`` mean the same.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import fx, nn
from torch.nn import functional

from unhans.networks import graph, substitutes
from unhans.networks.operations import (
    Addition,
    Gate,
    HalfEach,
    Norm,
    Operation,
    Pass,
    Product,
    Proportional,
)

PRODUCTS = ("linear", "matmul", "bmm", "mm", "einsum", "addmm", "baddbmm")
"""Calls that are linear layers where one of their operands is constant."""


class Site(Protocol):
    """What a call is replaced in: a network that is being rewritten.

    Parameters
    ----------
    module : GraphModule
        The network.
    data : set of Node
        Calls whose values depend on the pixels.
    pixels : set of Node
        Calls that see the pixels with no linear layer between.
    bounded : set of Node
        Calls whose values lie between fixed bounds.
    unknown : dict of Node to str
        Calls that no rule is known for, and their description.
    reduced : dict of Node to int
        How many statistics were taken of the pixels on the way to a call that sees nothing else.

    """

    module: fx.GraphModule
    data: set[fx.Node]
    pixels: set[fx.Node]
    bounded: set[fx.Node]
    unknown: dict[fx.Node, str]
    reduced: dict[fx.Node, int]

    def replace(self, node: fx.Node, made: nn.Module, *args: Any, **kwargs: Any) -> fx.Node:
        """Put a call of a new module in place of a node.

        Parameters
        ----------
        node : Node
            The call that is replaced.
        made : Module
            The new module.
        *args, **kwargs : any
            What it is called with.

        Returns
        -------
        Node
            The new call.

        """


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MOVES = _words(
    """
    view reshape flatten permute transpose contiguous cat concat concatenate stack chunk split
    unbind getitem roll pad squeeze unsqueeze expand expand_as repeat repeat_interleave movedim bfloat16
    swapaxes narrow select index_select gather float half double type_as type to clone flip
    unflatten t tile where masked_fill max_pool1d max_pool2d max_pool3d adaptive_max_pool1d
    adaptive_max_pool2d amax amin max min topk maximum minimum unfold pixel_shuffle
    pixel_unshuffle channel_shuffle swapdims moveaxis hsplit vsplit tensor_split patch_merging_pad
    getattr view_as reshape_as take_along_dim diagonal ravel fliplr flipud rot90
    """
)
"""Calls that move values and change none: their gradient is the relevance."""

ELEMENTWISE = _words(
    """
    leaky_relu elu selu celu gelu silu mish hardswish hardsigmoid hardtanh softplus softsign
    sigmoid logsigmoid tanh prelu rrelu threshold clamp clip clamp_min clamp_max exp log log1p
    expm1 sqrt rsqrt square pow abs neg negative reciprocal erf sin cos softmax log_softmax
    softmin local_response_norm rms_norm normalize tanhshrink hardshrink softshrink log_sigmoid
    relu6 pos positive nan_to_num atan arctan asinh
    """
)
"""Calls of one signal whose output has its shape: relevance passes them."""

AVERAGES = _words(
    """
    mean sum avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d interpolate
    upsample norm cumsum vector_norm lp_pool2d std grid_sample fold
    """
)
"""Calls that are linear in their signal, or homogeneous: relevance by contribution."""

BOUNDED = _words(
    """
    sigmoid hardsigmoid softmax tanh hardtanh relu6 erf softmin
    """
)
"""Functions whose values lie between fixed bounds: what they make is a gate where it multiplies."""

NOTHING = _words(
    """
    dropout dropout1d dropout2d dropout3d alpha_dropout feature_dropout stochastic_depth
    detach requires_grad
    """
)
"""Calls that do nothing in evaluation, or to training alone."""

MASKS = _words(
    """
    gt lt ge le eq ne greater less greater_equal less_equal not_equal sign heaviside logical_and
    logical_or logical_not isnan isfinite isinf argmax argmin argsort zeros_like ones_like full_like
    """
)
"""Calls of constant values, or of values that change in steps: what they multiply is gated by them."""

SCALING = _words(
    """
    add sub rsub mul div truediv mean clone float type_as
    """
)
"""Calls that leave a bounded value bounded, where all their signals are."""


def _sum(site: Site, node: fx.Node) -> None:
    """Turn an addition or a subtraction into `Addition` or, with a constant, `Proportional`."""
    signals = [place for place in (0, 1) if _is_data(site, _operands(node)[place])]
    operands = _operands(node)
    # What the network subtracts from pixels belongs to them: the first layer comes later.
    early = any(operands[place] in site.pixels for place in signals)
    whole = _whole(site, operands)
    if whole is not None:
        made: Operation = Pass(function(node), (whole,))
    elif len(signals) == 2:
        made = Addition(function(node))
    else:
        made = (Pass if early else Proportional)(function(node), tuple(signals))
    site.replace(node, made, *operands, **_rest(node))


def _product(site: Site, node: fx.Node) -> None:
    """Turn a product into `Gate`, `Product` or, with a constant, `Pass`."""
    operands = _operands(node)
    signals = tuple(place for place in (0, 1) if _is_data(site, operands[place]))
    gates = [place for place in signals if operands[place] in site.bounded]
    if graph.function_name(node) in ("div", "truediv", "true_divide", "divide"):
        made: Operation = Gate(function(node), signals[:1])
    elif len(signals) == 1:
        made = Pass(function(node), signals)
    elif len(gates) == 1:
        made = Gate(function(node), (1 - gates[0],))
    elif (whole := _whole(site, operands)) is not None:
        made = Gate(function(node), (whole,))
    else:
        made = Product(function(node), signals)
    site.replace(node, made, *operands, **_rest(node))


def _whole(site: Site, operands: tuple[Any, Any]) -> int | None:
    """Place of the pixels in a sum or product of them and a statistic of them, which is held constant."""
    levels = [site.reduced.get(one) if isinstance(one, fx.Node) else None for one in operands]
    if levels[0] is None or levels[1] is None or levels[0] == levels[1]:
        return None
    return 0 if levels[0] < levels[1] else 1


def _glu(site: Site, node: fx.Node) -> None:
    """Turn a gated unit into a product whose gate is held constant."""
    given = given_to(node, "input", "dim")
    site.replace(node, Proportional(substitutes.gated), given["input"], given.get("dim", -1))


def _matrix_product(site: Site, node: fx.Node) -> None:
    """Turn a product of matrices into the epsilon rule for its signal."""
    operands = _operands(node)
    signals = tuple(place for place in (0, 1) if _is_data(site, operands[place]))
    gates = [place for place in signals if operands[place] in site.bounded]
    if len(signals) == 2 and len(gates) == 1:
        signals = (1 - gates[0],)
    kind = Proportional if len(signals) == 1 else HalfEach
    site.replace(node, kind(function(node), signals), *operands, **_rest(node))


def _einsum(site: Site, node: fx.Node) -> None:
    """Turn a sum of products into the epsilon rule for its signal."""
    signals = tuple(k for k, one in enumerate(node.args) if _is_data(site, one))
    signal = tuple(k for k in signals if node.args[k] not in site.bounded)
    chosen = signal if len(signal) == 1 else signals
    kind = Proportional if len(chosen) == 1 else HalfEach
    site.replace(node, kind(function(node), chosen), *node.args)


def _attention_call(site: Site, node: fx.Node) -> None:
    given = dict(zip(("query", "key", "value"), node.args, strict=False)) | node.kwargs
    first = [given.pop(name) for name in ("query", "key", "value")]
    rest = dict(zip(("attn_mask", "dropout_p", "is_causal"), node.args[3:], strict=False))
    site.replace(node, Proportional(function(node), (2,)), *first, **rest, **given)


def _window_attention(site: Site, node: fx.Node) -> None:
    site.replace(node, Proportional(function(node)), *node.args, **node.kwargs)


def _linear_in_one(site: Site, node: fx.Node) -> None:
    """Turn a call that is linear in each of its arguments into the epsilon rule for its one signal."""
    signals = tuple(k for k, one in enumerate(node.args) if _is_data(site, one))
    if len(signals) == 1:
        made = Proportional(function(node), signals)
        site.replace(node, made, *node.args, **node.kwargs)
    else:
        where = graph.place(node) or "the network"
        site.unknown[node] = f"{where} calls {graph.function_name(node)} of several signals"


def _relu(site: Site, node: fx.Node) -> None:
    site.replace(node, nn.ReLU(), node.args[0])


def _mean(site: Site, node: fx.Node) -> None:
    """Turn an average over both sides of images into a layer."""
    given = given_to(node, "input", "dim", "keepdim")
    dims = given.get("dim")
    if isinstance(dims, list | tuple) and sorted(dims) in ([2, 3], [-2, -1]):
        new = site.replace(node, nn.AdaptiveAvgPool2d(1), given["input"])
        if not given.get("keepdim", False):
            users = list(new.users)
            with site.module.graph.inserting_after(new):
                flat = site.module.graph.call_function(torch.flatten, (new, 1))
            for user in users:
                user.replace_input_with(new, flat)
            site.data.add(flat)
    else:
        site.replace(node, Proportional(function(node)), *node.args, **node.kwargs)


def _pool(site: Site, node: fx.Node) -> None:
    """Turn a functional pooling into its layer."""
    kind, names = _POOLS[graph.function_name(node)]
    given = given_to(node, "input", *names)
    source = given.pop("input")
    computed: list[fx.Node] = []
    fx.map_arg(given, computed.append)
    if computed:
        site.replace(node, Proportional(function(node)), *node.args, **node.kwargs)
    else:
        site.replace(node, kind(**given), source)


def _norm(site: Site, node: fx.Node) -> None:
    """Turn a functional norm of constant weights into an operation or a layer."""
    name = graph.function_name(node)
    given = given_to(node, *_NORM_ARGUMENTS[name])
    parts = {
        key: graph.constant(site.module, given.get(key))
        for key in ("weight", "bias", "running_mean", "running_var")
    }
    eps = given.get("eps", 1e-5)
    if name == "batch_norm":
        made = substitutes.batch_norm(parts, eps)
    elif name == "layer_norm":
        made = Norm(parts["weight"], parts["bias"], eps, dims=len(given["normalized_shape"]))
    else:
        made = Norm(parts["weight"], parts["bias"], eps, groups=given.get("num_groups", 0))
    site.replace(node, made, given["input"])


def _linear(site: Site, node: fx.Node) -> None:
    """Turn a functional convolution or dense layer of constant weights into a layer."""
    name = graph.function_name(node)
    given = given_to(node, "input", "weight", "bias", *_GEOMETRY)
    source, weight, bias = (given.pop(part, None) for part in ("input", "weight", "bias"))
    if any(_is_data(site, one) for one in (weight, bias)) or not _is_data(site, source):
        where = graph.place(node) or "the network"
        site.unknown[node] = f"{where} computes the weights of {name}"
        return
    values = [graph.constant(site.module, one) for one in (weight, bias)]
    site.replace(node, substitutes.linear(name, values[0], values[1], given), source)


def _is_data(site: Site, value: object) -> bool:
    return isinstance(value, fx.Node) and value in site.data


def function(node: fx.Node) -> Callable[..., Any]:
    """Make a function of a node's call.

    Parameters
    ----------
    node : Node
        A call of a function or of a method.

    Returns
    -------
    callable
        Where the call works in place, the one that overwrites nothing.

    """
    name = graph.function_name(node)
    if isinstance(node.target, str):
        return getattr(torch.Tensor, name, None) or getattr(torch.Tensor, node.target)  # type: ignore[no-any-return]
    if name in substitutes.PLAIN:
        return substitutes.PLAIN[name]
    overwrites = str(getattr(node.target, "__name__", "")).endswith("_")
    plain = getattr(torch, name, None) or getattr(functional, name, None) if overwrites else None
    return plain or node.target


def _operands(node: fx.Node) -> tuple[Any, Any]:
    given = given_to(node, "input", "other")
    return given.get("input", given.get("mat1")), given.get("other", given.get("mat2"))


def _rest(node: fx.Node) -> dict[str, Any]:
    left_out = ("input", "other", "mat1", "mat2", "out")
    return {name: value for name, value in node.kwargs.items() if name not in left_out}


def given_to(node: fx.Node, *names: str) -> dict[str, Any]:
    """Name the arguments of a call.

    Parameters
    ----------
    node : Node
        A call of a function or of a method.
    *names : str
        Of its parameters, in their order.

    Returns
    -------
    dict of str to any
        Without ``inplace``.

    """
    given = dict(zip(names, node.args, strict=False)) | dict(node.kwargs)
    return {name: value for name, value in given.items() if name != "inplace"}


_GEOMETRY = ("stride", "padding", "dilation", "groups")

_NORM_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "batch_norm": (
        *("input", "running_mean", "running_var", "weight", "bias"),
        *("training", "momentum", "eps"),
    ),
    "layer_norm": ("input", "normalized_shape", "weight", "bias", "eps"),
    "group_norm": ("input", "num_groups", "weight", "bias", "eps"),
    "instance_norm": (
        *("input", "running_mean", "running_var", "weight", "bias"),
        *("use_input_stats", "momentum", "eps"),
    ),
}

_POOLS: Mapping[str, tuple[Callable[..., nn.Module], tuple[str, ...]]] = {
    "adaptive_avg_pool2d": (nn.AdaptiveAvgPool2d, ("output_size",)),
    "avg_pool2d": (
        nn.AvgPool2d,
        ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"),
    ),
    "max_pool2d": (
        nn.MaxPool2d,
        ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"),
    ),
}

CALLS: Mapping[str, Callable[[Site, fx.Node], None]] = {
    **dict.fromkeys(("add", "sub", "subtract", "rsub"), _sum),
    **dict.fromkeys(("mul", "multiply", "div", "truediv", "true_divide", "divide"), _product),
    **dict.fromkeys(("matmul", "bmm", "mm"), _matrix_product),
    **dict.fromkeys(("linear", "conv1d", "conv2d", "conv3d"), _linear),
    **dict.fromkeys(_POOLS, _pool),
    **dict.fromkeys(_NORM_ARGUMENTS, _norm),
    "scaled_dot_product_attention": _attention_call,
    "shifted_window_attention": _window_attention,
    **dict.fromkeys(
        ("addcmul", "addmm", "baddbmm", "addbmm", "addmv", "lerp", "tensordot"), _linear_in_one
    ),
    "einsum": _einsum,
    "glu": _glu,
    "relu": _relu,
    "mean": _mean,
}
"""What becomes of functions and methods, by their name."""
