"""Bounds: which values of a traced network lie between fixed bounds: gates, where they multiply."""

from typing import Protocol

from torch import fx, nn

from unhans.networks import graph
from unhans.networks.call_table import AVERAGES, BOUNDED, MOVES, SCALING, given_to
from unhans.networks.shares import LIKE

KEEPING = (
    MOVES
    | SCALING
    | (AVERAGES - {"sum", "norm", "cumsum", "vector_norm", "lp_pool2d", "std", "fold"})
    | {
        "square",
        "sqrt",
        "abs",
        "neg",
        "negative",
        "positive",
        "exp",
        "clamp_min",
        "clamp_max",
        "relu",
    }
)
"""Calls that leave bounded values bounded, where all their signals are."""

GATES = (nn.Sigmoid, nn.Hardsigmoid, nn.Softmax, nn.Softmax2d, nn.Tanh, nn.Hardtanh)
"""Layers whose values lie between fixed bounds; `nn.ReLU6` is one of the last."""

KEEPERS = (
    *(nn.Upsample, nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d),
    *(
        nn.MaxPool2d,
        nn.AdaptiveMaxPool2d,
        nn.Flatten,
        nn.Unflatten,
        nn.ReLU,
        nn.Dropout,
        nn.Identity,
    ),
)
"""Layers that leave bounded values bounded."""

CLIPPED = ("relu6", "hardtanh", "clamp", "clip")
"""Functions that may be the activation of a network: beside another gate their values are none."""


class Bounded(Protocol):
    """A network that is being rewritten.

    Parameters
    ----------
    data : set of Node
        See `graph.data_nodes`.
    bounded : set of Node
        Calls whose values lie between fixed bounds.
    clipped : set of Node
        Those of them that may be activations.

    """

    data: set[fx.Node]
    bounded: set[fx.Node]
    clipped: set[fx.Node]


def note(site: Bounded, node: fx.Node, layer: nn.Module | None) -> None:
    """Note whether values are bounded; a clipped activation is no gate beside another gate.

    Parameters
    ----------
    site : Bounded
        Its sets are changed.
    node : Node
        A call of a layer, a function or a method.
    layer : Module, optional
        That it calls.

    """
    if node in site.bounded or is_bounded(node, layer, site.bounded, site.data):
        site.bounded.add(node)
        if is_clipped(node, layer, site.clipped):
            site.clipped.add(node)
    sources = [one for one in node.all_input_nodes if one in site.bounded]
    clipped = [one for one in sources if one in site.clipped]
    if layer is None and 0 < len(clipped) < len(sources):
        site.bounded.difference_update(clipped)


def is_bounded(
    node: fx.Node, layer: nn.Module | None, bounded: set[fx.Node], data: set[fx.Node]
) -> bool:
    """Whether the values of a call lie between fixed bounds.

    Parameters
    ----------
    node : Node
        A call of a layer, a function or a method.
    layer : Module, optional
        That it calls.
    bounded : set of Node
        Those before it of which this is true.
    data : set of Node
        See `graph.data_nodes`.

    Returns
    -------
    bool

    """
    sources = [one for one in node.all_input_nodes if one in data]
    if layer is not None:
        kept = isinstance(layer, KEEPERS) and all(one in bounded for one in sources)
        return isinstance(layer, GATES) or kept
    name = graph.function_name(node)
    if name in LIKE:  # whose second argument gives a shape or a type
        sources = [one for one in sources if one is given_to(node, "input")["input"]]
    if name in BOUNDED or _is_clipped_twice(node, name):
        return True
    keeps = name in KEEPING or (name == "pow" and _is_positive(given_to(node, "input", "exponent")))
    return keeps and all(one in bounded for one in sources)


def is_clipped(node: fx.Node, layer: nn.Module | None, clipped: set[fx.Node]) -> bool:
    """Whether values are bounded as those of an activation may be.

    Parameters
    ----------
    node : Node
        A call with bounded values.
    layer : Module, optional
        That it calls.
    clipped : set of Node
        Those before it of which this is true.

    Returns
    -------
    bool

    """
    if any(one in clipped for one in node.all_input_nodes):
        return True
    if layer is not None:
        return isinstance(layer, nn.Hardtanh)
    return graph.function_name(node) in CLIPPED


def _is_clipped_twice(node: fx.Node, name: str) -> bool:
    given = given_to(node, "input", "min", "max")
    return name in ("clamp", "clip") and None not in (given.get("min"), given.get("max"))


def _is_positive(given: dict[str, object]) -> bool:
    exponent = given.get("exponent", given.get("other"))
    return isinstance(exponent, int | float) and exponent > 0
