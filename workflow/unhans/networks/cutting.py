"""Cutting: a network in two parts, so that a map between its layers can be changed.

A network is cut where all that it computes passes through one map, as between two blocks. The map before
the cut is computed once for each image, and what follows once for each change of it.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from unhans.errors import InputError, NotCoveredError
from unhans.networks import graph, outputs
from unhans.networks.inference import evaluating

LEAST_SIDE = 14
"""Positions along each side that the map at the cut has at least: a mark must cover some of them."""

MOST_STRIDE = 8
"""Pixels of the input for each position at most: in coarser maps a mark is no longer at a place."""

TOLERANCE = 1e-4
"""Difference of the logits of both parts from those of the network, as a share of their range."""

_BATCHES = (2, 3)
"""Sizes of the batches that the network is watched on: what differs between them follows the batch."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A network in two parts.

    Parameters
    ----------
    trunk : Module
        From images (n, c, h, w) to the map (n, d, k, l); an ``Identity`` where the network is not cut.
    rest : Module
        From the map to logits (n, classes).
    name : str
        What computes the map, as torch.fx calls it; empty where the network is not cut.

    """

    trunk: nn.Module
    rest: nn.Module
    name: str = ""

    def __str__(self) -> str:
        return f"after {self.name}" if self.name else "before the first layer"


def cut(module: nn.Module, images: Tensor) -> Cut:
    """Cut a network where its map still has places.

    Of all maps that everything passes through, the smallest is taken that has at least `LEAST_SIDE`
    positions along each side and one for every `MOST_STRIDE` pixels; of equal ones the last.

    Parameters
    ----------
    module : Module
        Network from images to logits. It is left as it was.
    images : Tensor, shape (n, c, h, w)
        Images to try it on; n is 3 at least.

    Returns
    -------
    Cut
        Both parts share the network's layers. A network that cannot be traced, or has no such map, is
        cut before its first layer: its trunk does nothing.

    """
    with evaluating(module), torch.no_grad():
        whole = Cut(nn.Identity(), module)
        try:
            traced = graph.traced(module, tuple(images.shape[1:]))
            values = [_values(traced, images[:count]) for count in _BATCHES]
        except (NotCoveredError, RuntimeError, ValueError, TypeError):
            return whole
        node = _chosen(traced, values, images)
        if node is None:
            return whole
        found = Cut(_trunk(traced, node), _rest(traced, node, values), node.name)
        same = _agree(found, module, images)
    return found if same else whole


def behind(module: nn.Module, layer: str, images: Tensor) -> Cut:
    """Cut a network behind one of its layers.

    Parameters
    ----------
    module : Module
        Network from images to logits. It is left as it was.
    layer : str
        Name of the layer.
    images : Tensor, shape (n, c, h, w)
        Images to try it on; n is 3 at least.

    Returns
    -------
    Cut
        Both parts share the network's layers.

    Raises
    ------
    NotCoveredError
        The network cannot be traced.
    InputError
        The network has no such layer, or something reaches the logits past it.

    """
    with evaluating(module), torch.no_grad():
        traced = graph.traced(module, tuple(images.shape[1:]))
        values = [_values(traced, images[:count]) for count in _BATCHES]
    inside = [node for node in traced.graph.nodes if _lies_in(node, layer)]
    if not inside:
        raise InputError(f"the network has no layer '{layer}'")
    node = inside[-1]
    if node not in _bottlenecks(traced, values):
        raise InputError(
            f"something reaches the logits past layer '{layer}'; expected a layer that everything "
            "goes through"
        )
    return Cut(_trunk(traced, node), _rest(traced, node, values), node.name)


def _lies_in(node: fx.Node, layer: str) -> bool:
    names = [graph.place(node)]
    if node.op == "call_module":
        names.append(str(node.target).removeprefix(f"{graph.ROOT}."))
    return any(name == layer or name.startswith(f"{layer}.") for name in names)


class _Watcher(fx.Interpreter):
    """Runs a traced network and keeps what each call gives: the shape of a tensor, or the value."""

    def __init__(self, traced: fx.GraphModule) -> None:
        super().__init__(traced)
        self.found: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        """Run one call."""
        value = super().run_node(n)
        self.found[n] = _Shape(value.shape) if isinstance(value, Tensor) else value
        return value


class _Shape(tuple[int, ...]):
    """Shape of a tensor; a ``torch.Size`` that a network computes with is no such shape."""


def _values(traced: fx.GraphModule, images: Tensor) -> dict[fx.Node, Any]:
    watcher = _Watcher(traced)
    watcher.run(images)
    return watcher.found


def _chosen(
    traced: fx.GraphModule, values: list[dict[fx.Node, Any]], images: Tensor
) -> fx.Node | None:
    """Call whose map the network is cut at."""
    least = max(LEAST_SIDE, -(-min(images.shape[2:]) // MOST_STRIDE))
    best: tuple[int, int] | None = None
    found = None
    for node in _bottlenecks(traced, values):
        shape = values[0][node]
        if node.op == "placeholder" or len(shape) != 4 or min(shape[2:]) < least:
            continue
        size = (shape[2] * shape[3], shape[1])
        if best is None or size <= best:
            best, found = size, node
    return found


def _bottlenecks(traced: fx.GraphModule, values: list[dict[fx.Node, Any]]) -> list[fx.Node]:
    """Calls after which nothing else is needed that was computed before.

    Sizes and numbers count as needed unless they are the same for every batch, or are its size.
    """
    nodes = list(traced.graph.nodes)
    place = {node: at for at, node in enumerate(nodes)}
    needed = {node: max((place[user] for user in node.users), default=-1) for node in nodes}
    alive: set[fx.Node] = set()
    found = []
    for at, node in enumerate(nodes):
        alive = {one for one in alive if needed[one] > at}
        if node.op != "get_attr" and needed[node] > at and not _is_known(node, values):
            alive.add(node)
        if alive == {node} and isinstance(values[0][node], _Shape):
            found.append(node)
    return found


def _is_known(node: fx.Node, values: list[dict[fx.Node, Any]]) -> bool:
    """Whether a call gives the same number for every batch, or the size of the batch."""
    own = [of[node] for of in values]
    if not all(type(one) in (int, float, bool, str, type(None)) for one in own):
        return False
    return own[0] == own[1] or _is_batch(own)


def _is_batch(own: list[Any]) -> bool:
    return own == list(_BATCHES)


def _trunk(traced: fx.GraphModule, node: fx.Node) -> fx.GraphModule:
    """Calls up to one of them."""
    part = fx.Graph()
    copied: dict[fx.Node, fx.Node] = {}
    for one in traced.graph.nodes:
        copied[one] = part.node_copy(one, copied.__getitem__)
        if one is node:
            break
    part.output(copied[node])
    return fx.GraphModule(traced, part)


def _rest(
    traced: fx.GraphModule, node: fx.Node, values: list[dict[fx.Node, Any]]
) -> fx.GraphModule:
    """Calls after one of them, of whose result they start."""
    part = fx.Graph()
    start = part.placeholder("map")
    copied: dict[fx.Node, Any] = {node: start}

    def value(one: fx.Node) -> Any:
        """Give what a call after the cut works on: a copy, a number, or the size of the batch."""
        if one not in copied:
            own = [of[one] for of in values]
            if one.op == "get_attr":
                copied[one] = part.node_copy(one)
            elif _is_batch(own):
                copied[one] = part.call_method("size", (start, 0))
            else:
                copied[one] = own[0]
        return copied[one]

    nodes = list(traced.graph.nodes)
    for one in nodes[nodes.index(node) + 1 :]:
        copied[one] = part.node_copy(one, value)
    return fx.GraphModule(traced, part)


def _agree(found: Cut, module: nn.Module, images: Tensor) -> bool:
    """Whether both parts give the logits of the network, for a batch of another size too."""
    given = outputs.first_tensor(module(images))
    made = found.rest(found.trunk(images))
    scale = float(given.max() - given.min())
    return made.shape == given.shape and bool(
        (made - given).abs().max() <= TOLERANCE * max(scale, torch.finfo(given.dtype).tiny)
    )
