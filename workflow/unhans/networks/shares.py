"""Shares: softmax written out, as values divided by their sum, in a traced network."""

from torch import fx

from unhans.networks import graph
from unhans.networks.call_table import MOVES, NOTHING, given_to

POSITIVE = frozenset(
    ("exp", "exp2", "softplus", "relu", "sigmoid", "square", "abs", "relu6", "clamp_min", "softmax")
)
"""Functions without negative values."""

ADJUSTED = frozenset(("add", "clamp", "clamp_min", "masked_fill", "where", "maximum"))
"""Calls that keep a sum, or values, from being zero, and those that mask some."""

LIKE = frozenset(("expand_as", "view_as", "reshape_as", "type_as", "to", "masked_fill"))
"""Calls that keep their first argument, whatever the second is."""

QUOTIENTS = frozenset(("div", "truediv", "true_divide", "divide"))

PRODUCTS = frozenset(("mul", "multiply"))


def shares(made: fx.GraphModule) -> set[fx.Node]:
    """Find the values that are divided by their sum: weights of attention, as a softmax gives them.

    Parameters
    ----------
    made : GraphModule
        A traced network.

    Returns
    -------
    set of Node
        Their values lie between 0 and 1.

    """
    data = graph.data_nodes(made.graph)
    return {node for node in made.graph.nodes if node in data and _is_share(node, data)}


def _is_share(node: fx.Node, data: set[fx.Node]) -> bool:
    if node.op not in ("call_function", "call_method"):
        return False
    name = graph.function_name(node)
    given = given_to(node, "input", "other")
    if name == "normalize":
        p = given_to(node, "input", "p").get("p", 2)
        return p == 1 and _is_positive(given["input"], data)
    pairs = [(given.get("input"), given.get("other"))]
    if name in PRODUCTS:
        pairs = [(one, _denominator(other, data)) for one, other in (*pairs, pairs[0][::-1])]
    elif name not in QUOTIENTS:
        return False
    return any(
        isinstance(one, fx.Node)
        and isinstance(other, fx.Node)
        and _is_positive(one, data)
        and _is_sum_of(other, one, data)
        for one, other in pairs
    )


def _denominator(node: object, data: set[fx.Node]) -> object:
    """What a reciprocal is taken of; None for anything else."""
    if not isinstance(node, fx.Node):
        return None
    found = _through(node, data, frozenset())
    called = found.op in ("call_function", "call_method")
    if not called or graph.function_name(found) != "reciprocal":
        return None
    value: object = given_to(found, "input")["input"]
    return value


def _is_positive(node: fx.Node, data: set[fx.Node]) -> bool:
    found = _through(node, data, ADJUSTED - {"add", "clamp"})
    return found.op in ("call_function", "call_method") and graph.function_name(found) in POSITIVE


def _is_sum_of(node: fx.Node, values: fx.Node, data: set[fx.Node]) -> bool:
    found = _through(node, data, ADJUSTED)
    named = found.op in ("call_function", "call_method") and graph.function_name(found) == "sum"
    return named and given_to(found, "input")["input"] is values


def _through(node: fx.Node, data: set[fx.Node], kept: frozenset[str]) -> fx.Node:
    """Go below calls that move values, and below those that are kept."""
    while node.op in ("call_function", "call_method"):
        name = graph.function_name(node)
        sources = [one for one in node.all_input_nodes if one in data]
        first = given_to(node, "input").get("input")
        if name == "where":
            sources = [one for one in node.args[1:] if isinstance(one, fx.Node) and one in data]
            first = next(iter(sources), None)
        moved = name in kept or (name in MOVES | NOTHING and name not in POSITIVE)
        lone = len(sources) == 1 or name in LIKE
        if not moved or not lone or first not in data:
            return node
        node = first
    return node
