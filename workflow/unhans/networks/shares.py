"""Shares: softmax and sigmoid written out, as values divided by a sum of them, in a traced network."""

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
    """Find the values that are divided by their sum, as a softmax is, and sigmoids written out.

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
    return {
        node
        for node in made.graph.nodes
        if node in data and (_is_share(node, data) or _is_logistic(node, data))
    }


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
    return named and _is_same(given_to(found, "input")["input"], values)


def _is_same(one: object, other: fx.Node) -> bool:
    """Whether two nodes are one, or the same call of the same values."""
    if not isinstance(one, fx.Node) or one is other:
        return one is other
    calls = [(node.op, node.target, node.args, node.kwargs) for node in (one, other)]
    return calls[0] == calls[1]


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


def _is_logistic(node: fx.Node, data: set[fx.Node]) -> bool:
    """Whether a call gives a constant over a constant and an exponential."""
    if node.op not in ("call_function", "call_method"):
        return False
    name, given = graph.function_name(node), given_to(node, "input", "other")
    below = given.get("input") if name == "reciprocal" else given.get("other")
    constant = name == "reciprocal" or (name in QUOTIENTS and given.get("input") not in data)
    if not constant or not isinstance(below, fx.Node) or below not in data:
        return False
    if below.op not in ("call_function", "call_method") or graph.function_name(below) != "add":
        return False
    summands = [one for one in below.all_input_nodes if one in data]
    found = _through(summands[0], data, frozenset())
    called = found.op in ("call_function", "call_method")
    return called and len(summands) == 1 and graph.function_name(found) == "exp"
