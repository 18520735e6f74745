"""Endings: what a network computes behind its last weights, where logits must stay what they are.

LRP explains one number of a network. Where a function behind the last weights changes or loses signs
(a sigmoid, a logarithm, a square), that number is no logit, and conservation does not show it. Each call
between the last weights and the output is therefore known to keep logits, taken off, or refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx, nn

from unhans.networks import ending_table as table
from unhans.networks import graph
from unhans.networks.call_table import BOUNDED, MASKS, PRODUCTS, given_to
from unhans.networks.substitutes import CONVOLUTIONS

SQUASHING = {nn.Softmax: "softmax", nn.LogSoftmax: "log_softmax", nn.Sigmoid: "sigmoid"}
"""Layers that make probabilities, and the functions that they stand for."""


@dataclass(frozen=True)
class Ending:
    """What lies between the last weights of a network and its output.

    Parameters
    ----------
    squashed : str
        ``softmax``, ``log_softmax`` or ``sigmoid`` where it can be taken off; else empty.
    faults : tuple of (str, str)
        Calls that keep no logits: the function, and the place and function in words.
    last : str
        Name of the last step.
    signed : tuple of str
        Functions that scale values and keep their signs.

    """

    squashed: str
    faults: tuple[tuple[str, str], ...]
    last: str
    signed: tuple[str, ...] = ()


def ending(module: nn.Module, images: torch.Tensor) -> Ending:
    """Look at what a network computes behind its last weights.

    Parameters
    ----------
    module : Module
        In evaluation mode.
    images : Tensor, shape (n, c, h, w)
        Its values are computed with them.

    Returns
    -------
    Ending

    Raises
    ------
    NotCoveredError
        The network cannot be traced.

    """
    if type(module) in SQUASHING:
        return Ending(SQUASHING[type(module)], (), SQUASHING[type(module)])
    made = graph.traced(module, tuple(images.shape[1:]))
    output = next(node for node in made.graph.nodes if node.op == "output").args[0]
    if not isinstance(output, fx.Node):
        return Ending("", (), "")
    squashed, step = squashing(made, output)
    walk = _Walk(made, images)
    walk.below(output if step is None else given_first(step))
    last = output
    while table.plain([step_name(made, last)]) & table.COPIES and last.args:
        last = last.args[0]  # type: ignore[assignment]
    return Ending(squashed, tuple(walk.faults), step_name(made, last), tuple(walk.signed))


def squashing(made: nn.Module, node: fx.Node) -> tuple[str, fx.Node | None]:
    """Find the softmax or sigmoid at the end of a network that can be taken off.

    Parameters
    ----------
    made : Module
        That the graph belongs to.
    node : Node
        The output.

    Returns
    -------
    name : str
        ``softmax``, ``log_softmax`` or ``sigmoid``. Between a sigmoid and the output values may be moved
        or chosen by their order, which a growing function does not change. Empty where there is none.
    step : Node or None
        Its call.

    """
    moved = False
    for _ in range(64):
        name = step_name(made, node)
        plain = name.replace("_", "").lower()
        if name in SQUASHING.values():
            if moved and name != "sigmoid":
                return "", None
            return name, node
        if plain not in table.COPIES | table.MOVES | table.ORDERED:
            return "", None
        sources = [one for one in node.all_input_nodes if one.op != "get_attr"]
        if not sources or (len(sources) > 1 and plain not in ("typeas", "to")):
            return "", None
        moved = moved or plain not in table.COPIES
        node = sources[0]
    return "", None


def given_first(node: fx.Node) -> fx.Node:
    """Give what a call is given first.

    Parameters
    ----------
    node : Node
        Of a graph.

    Returns
    -------
    Node

    """
    return node.args[0] if node.args else node.kwargs["input"]  # type: ignore[return-value]


def step_name(made: nn.Module, node: fx.Node) -> str:
    """Name what a node of a traced network computes.

    Parameters
    ----------
    made : Module
        That the graph belongs to.
    node : Node
        Of the graph.

    Returns
    -------
    str
        ``softmax``, ``log_softmax`` or ``sigmoid`` for calls and layers; the name of another function, or
        of a layer's type.

    """
    if node.op == "call_module":
        kind = type(made.get_submodule(str(node.target)))
        return SQUASHING.get(kind, kind.__name__)
    return graph.function_name(node) if node.op.startswith("call") else node.op


@dataclass
class _Walk:
    """Goes from the output of a network down to its last weights."""

    made: fx.GraphModule
    images: torch.Tensor
    faults: list[tuple[str, str]] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.data = graph.data_nodes(self.made.graph)
        self.values: dict[fx.Node, Any] | None = None
        self.seen: set[tuple[fx.Node, bool, int]] = set()

    def below(self, node: fx.Node, averaged: bool = False, added: int = 0) -> None:
        """Judge a call and those below it.

        Parameters
        ----------
        node : Node
            Of the graph.
        averaged : bool
            An average is taken of its values.
        added : int
            1 where something is added to its values, 2 where they are added to those of all classes.

        """
        front = [(node, averaged, added)]
        while front:
            one = front.pop()
            if one in self.seen or one[0] not in self.data or self._has_weights(one[0]):
                continue
            self.seen.add(one)
            front += self._step(*one)

    def _step(
        self, node: fx.Node, averaged: bool, added: int
    ) -> Iterator[tuple[fx.Node, bool, int]]:
        """Judge one call, and give those to be judged next."""
        name = step_name(self.made, node).replace("_", "").lower()
        sources = [one for one in node.all_input_nodes if one in self.data]
        if node.op == "placeholder" or name in table.ENDS:
            return
        if name in table.SUMS:
            wide = max((self._elements(one) for one in sources), default=0)
            for one in sources:
                yield one, averaged, max(added, 2 if self._elements(one) < wide else 1)
            return
        carriers = self._carriers(name, node, sources, averaged, added)
        if carriers is None:
            self._refuse(node)
            return
        # A maximum of rectified values loses those below zero; an average is of what is left.
        kept = name in table.AVERAGES or (averaged and name not in table.ORDERED)
        yield from ((one, kept, added) for one in carriers)

    def _carriers(
        self, name: str, node: fx.Node, sources: list[fx.Node], averaged: bool, added: int
    ) -> list[fx.Node] | None:
        """Give the inputs of a call whose signs its output has; None where it keeps none."""
        if name in table.PRODUCTS:
            return self._factors(node, name)
        if name in table.MATRICES:  # of constants that are no weights, or of attention
            return [one for one in sources if not self._is_gate(one)] or sources
        if name in table.RECTIFIED and averaged and self._has_places(node):
            return []
        chosen = name in table.ORDERED and added < 2 and sources == node.all_input_nodes
        signed = name in table.SIGNED and not added
        if signed:
            self.signed.append(step_name(self.made, node))
        harmless = (name in table.CLIPS and self._changes_nothing(node)) or (
            name in ("where", "maskedfill") and not self._mask_is_data(node)
        )
        return sources if name in table.LINEAR or chosen or signed or harmless else None

    def _refuse(self, node: fx.Node) -> None:
        name = step_name(self.made, node)
        if node.op == "call_module":
            path = str(node.target).removeprefix(graph.ROOT).strip(".") or "the network"
            said = f"{path} is a {type(self.made.get_submodule(str(node.target))).__name__}"
        else:
            said = f"{graph.place(node) or 'the network'} calls {name}"
        self.faults.append((name, said))

    def _has_weights(self, node: fx.Node) -> bool:
        """Whether a call is a layer: it has more weights than there are classes."""
        if node.op == "call_module":
            part = self.made.get_submodule(str(node.target))
            return not isinstance(part, nn.PReLU) and any(True for _ in part.parameters())
        name = graph.function_name(node)
        given = [one for one in node.all_input_nodes if one not in self.data]
        constants = [_size(self.made, one) for one in given if _learned(self.made, one)]
        if name in (*PRODUCTS, *CONVOLUTIONS) or name in table.NORMS:
            return bool(constants)
        return name != "prelu" and any(one > self._classes() for one in constants)

    def _classes(self) -> int:
        output = next(node for node in self.made.graph.nodes if node.op == "output").args[0]
        shape = getattr(self._value(output), "shape", (1, 1))
        return int(shape[-1]) if shape else 1

    def _factors(self, node: fx.Node, name: str) -> list[fx.Node] | None:
        """The factors of a product whose signs are those of the logits; None for a square."""
        operands = [one for one in node.args if isinstance(one, fx.Node) and one in self.data]
        if name in table.QUOTIENTS:
            return operands[:1] if operands and operands[0] is node.args[0] else None
        if len(operands) == 2 and operands[0] is operands[1]:
            return None
        signals = [one for one in operands if not self._is_gate(one)]
        return signals or operands

    def _is_gate(self, node: fx.Node) -> bool:
        """Whether a node's values lie between bounds, as those of gates and of attention do."""
        while node.op != "placeholder":
            name = step_name(self.made, node)
            plain = name.replace("_", "").lower()
            if plain in table.plain(BOUNDED) | table.plain(MASKS):
                return True
            sources = [one for one in node.all_input_nodes if one in self.data]
            if plain not in table.MOVES | table.COPIES or len(sources) != 1:
                return False
            node = sources[0]
        return False

    def _mask_is_data(self, node: fx.Node) -> bool:
        given = given_to(node, "input", "other", "third")
        mask = node.args[0] if graph.function_name(node) == "where" else given.get("other")
        mask = node.kwargs.get("condition", node.kwargs.get("mask", mask))
        return isinstance(mask, fx.Node) and mask in self.data

    def _has_places(self, node: fx.Node) -> bool:
        value = self._value(node)
        return isinstance(value, torch.Tensor) and value.ndim > 2

    def _changes_nothing(self, node: fx.Node) -> bool:
        """Whether a call gives what it is given, for all images."""
        found, given = self._value(node), self._value(node.all_input_nodes[0])
        return isinstance(found, torch.Tensor) and torch.equal(found, given)

    def _elements(self, node: fx.Node) -> int:
        value = self._value(node)
        return value.numel() if isinstance(value, torch.Tensor) else 1

    def _value(self, node: Any) -> Any:
        """What a node gives; the network runs once, and keeps what lies behind its last layers."""
        if self.values is None:
            self.values = _Values(self.made).of(self.images)
        return self.values.get(node)


class _Values(fx.Interpreter):
    """Runs a network, and keeps what its calls give from the last layers on."""

    def of(self, images: torch.Tensor) -> dict[fx.Node, Any]:
        """Run it."""
        self.kept: dict[fx.Node, Any] = {}
        self._wanted = set(_behind_layers(self.module))  # type: ignore[arg-type]
        with torch.no_grad():
            self.run(images)
        return self.kept

    def run_node(self, n: fx.Node) -> Any:
        """Run a node."""
        found = super().run_node(n)
        if n in self._wanted:
            self.kept[n] = found.clone() if isinstance(found, torch.Tensor) else found
        return found


def _behind_layers(made: fx.GraphModule) -> Iterator[fx.Node]:
    """Calls between the output and the layers below it, these included."""
    front = [node for node in made.graph.nodes if node.op == "output"]
    seen: set[fx.Node] = set()
    while front:
        for source in front.pop().all_input_nodes:
            if source in seen:
                continue
            seen.add(source)
            yield source
            part = made.get_submodule(str(source.target)) if source.op == "call_module" else None
            if part is None or not any(True for _ in part.parameters()):
                front.append(source)


def _size(made: fx.GraphModule, node: fx.Node) -> int:
    value = graph.constant(made, node)
    return value.numel() if isinstance(value, torch.Tensor) else 1


def _learned(made: fx.GraphModule, node: fx.Node) -> bool:
    """Whether a constant is computed from parameters."""
    front: list[fx.Node] = [node]
    while front:
        one = front.pop()
        if one.op == "get_attr" and isinstance(graph.constant(made, one), nn.Parameter):
            return True
        front += one.all_input_nodes
    return False


def judged(calls: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Judge the calls behind the last weights of a network that cannot be traced.

    Parameters
    ----------
    calls : sequence of (str, str)
        Function and words, in their order; see `calls.tail`.

    Returns
    -------
    list of (str, str)
        Those that are not known to keep logits.

    """
    kept = table.LINEAR | table.ORDERED | table.SUMS | table.PRODUCTS | table.SIGNED
    kept |= table.ENDS | table.FACTS
    found = []
    for place, (name, said) in enumerate(calls):
        plain = name.replace("_", "").lower()
        later = {one.replace("_", "").lower() for one, _ in calls[place + 1 :]}
        if plain not in kept and not (plain in table.RECTIFIED and later & table.AVERAGES):
            found.append((name, said))
    return found
