"""Layer axes: where in the image the values of a layer's output lie, and which axis has its channels.

A convolution gives (n, channels, rows, columns). The dense layers of a vision transformer give
(n, tokens, channels), those of other networks (n, rows, columns, channels) or windows. Shapes do not
show which. The network is therefore run on labels: every pixel's value is its row, then its column, then
its channel. Calls that move values move their labels; a layer's output gets the mean label of what it
sums over, and new numbers for its channels. Zero is the label of what lies at no place: class tokens,
registers, borders, and what sees the whole image alike.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn

from unhans.networks import _torchvision, graph
from unhans.networks.call_table import MOVES, PRODUCTS
from unhans.networks.operations import Operation

_torchvision.allow_import()

from zennit.types import BatchNorm, Convolution  # noqa: E402 - imports torchvision

IMAGES = 2
"""Images of labels: with one, a call that drops axes of size one would drop that of the images."""

CHOOSING = frozenset(("topk", "gather", "take_along_dim", "index_select"))
"""Calls that move values to places which may depend on the values."""

JOINING = ("where", "masked_fill", "maximum", "minimum")
"""Calls that choose between values of the same place."""

MOVING = (
    nn.Flatten,
    nn.Unflatten,
    nn.PixelShuffle,
    nn.PixelUnshuffle,
    nn.ChannelShuffle,
    nn.Unfold,
)
"""Layers that move values."""

SAME = 0.01
"""Difference up to which labels are the same; those of different places differ by more."""

Sizes = tuple[int, ...]


class Axes(NamedTuple):
    """How the values of a layer's output lie.

    Parameters
    ----------
    channel : int
        Axis of the channels. Axis 0 has the images; the others have the positions.
    size : tuple of int, optional
        Rows and columns of the map of positions; by default the two axes besides.
    order : Tensor of int64, shape (rows * columns,), optional
        Positions by rows, as numbers among those of the output, one axis behind the other. Those that
        are missing lie at no place of the image. By default all, as they come.
    apart : bool
        Whether some are missing.

    """

    channel: int
    size: tuple[int, int] | None = None
    order: Tensor | None = None
    apart: bool = False


MAP = Axes(1)
"""A map (n, channels, rows, columns)."""


def of_nodes(
    module: fx.GraphModule, nodes: Collection[fx.Node], shape: Sizes
) -> dict[fx.Node, Axes | str]:
    """Find how the outputs of some calls of a network lie.

    Parameters
    ----------
    module : GraphModule
        In the form of `canonizers.Canonical`. No hooks of its layers are called.
    nodes : collection of Node
        Its calls.
    shape : tuple of int
        Of an image: (c, h, w).

    Returns
    -------
    dict of Node to Axes or str
        The reason where it is not known.

    """
    if not nodes:
        return {}
    like = next((one for one in module.parameters() if one.is_floating_point()), torch.empty(0))
    found = []
    for kind, label in enumerate(_pixels(shape)):
        run = _Labels(module, nodes, kind)
        with torch.no_grad():
            run.run(label.expand(IMAGES, *shape).to(like))
        found.append(run.found)
    return {node: _read(*(labels[node] for labels in found)) for node in nodes}


def of_part(part: nn.Module) -> Axes | str:
    """Tell by its kind how the output of a part lies, in a network that cannot be traced.

    Parameters
    ----------
    part : Module
        A layer, or a part of several: its last layer counts.

    Returns
    -------
    Axes or str
        A convolution or batch norm gives a map.

    """
    kinds = Convolution, BatchNorm, nn.Linear, nn.LayerNorm
    last = [one for one in part.modules() if isinstance(one, kinds)][-1:]
    if any(isinstance(one, nn.Linear | nn.LayerNorm) for one in last):
        return (
            "a dense layer's axes are not known, since the network cannot be traced; "
            "expected a convolution"
        )
    return MAP


def _pixels(shape: Sizes) -> tuple[Tensor, Tensor, Tensor]:
    """Row, column and channel of each value of an image, from 1."""
    channels, rows, columns = (torch.arange(1.0, size + 1) for size in shape)
    return rows[:, None], columns, channels[:, None, None]


class _Labels(fx.Interpreter):
    """Runs a network on labels; ``kind`` is the axis that they number: rows, columns or channels."""

    def __init__(self, module: fx.GraphModule, nodes: Collection[fx.Node], kind: int) -> None:
        super().__init__(module)
        self.found: dict[fx.Node, Tensor] = {}
        self._nodes, self._kind = set(nodes), kind
        self._data = graph.data_nodes(module.graph)

    def run_node(self, n: fx.Node) -> Any:
        """Run a node."""
        if n.op in ("placeholder", "output") or n not in self._data:
            return super().run_node(n)
        args, kwargs = fx.map_arg((n.args, n.kwargs), self._given)
        if n.op == "call_module":
            output = self._layer(self.fetch_attr(str(n.target)), args, kwargs)
        else:
            output = self._call(n, args, kwargs)
        if n in self._nodes:
            self.found[n] = output
        return output

    def _given(self, node: fx.Node) -> Any:
        """Give what a node gave. Constants have no place."""
        value = self.env[node]
        return value if node in self._data else _nowhere(value)

    def _call(self, node: fx.Node, args: Any, kwargs: Any) -> Any:
        """Call a function or a method: it moves values, or nothing is known of them any more."""
        call: Callable[..., Any] = getattr(self, node.op)
        output, name = call(node.target, args, kwargs), graph.function_name(node)
        if name in JOINING:
            return self._joined([one for one in args if _has_labels(one)], output)
        chosen = [self.env[one] for one in node.all_input_nodes if one in self._data]
        by_value = any(isinstance(one, Tensor) and not _has_labels(one) for one in chosen)
        return output if name in MOVES - CHOOSING and not by_value else _nowhere(output)

    def _layer(self, called: Any, args: Any, kwargs: Any) -> Any:
        """Label the output of a layer, or of an operation."""
        output: Any = called.forward(*args, **kwargs)  # without hooks
        if not isinstance(output, Tensor):
            return _nowhere(output)
        signals = called.signals if isinstance(called, Operation) else (0,)
        given = [args[place] for place in signals]
        if isinstance(called, MOVING):
            return output
        if isinstance(called, nn.Linear) or _multiplies(called, given[0], output):
            return self._summed(given[0], -1, output)
        if isinstance(called, Convolution):
            return self._summed(given[0], 1, output)
        if not any(one.shape == output.shape for one in given):
            pools = sum(isinstance(one, Tensor) for one in args) == 1  # it is no attention
            pools = pools and given[0].shape[:2] == output.shape[:2]
            return self._placed(given[0], output, 1) if pools else torch.zeros_like(output)
        return self._joined(given, output)

    def _summed(self, x: Tensor, axis: int, output: Tensor) -> Tensor:
        """Label sums over an axis: the mean label, or numbers of the new channels."""
        axis %= output.ndim
        if self._kind == 2:
            sizes = [-1 if one == axis else 1 for one in range(output.ndim)]
            number = torch.arange(1, output.shape[axis] + 1).to(output)
            return number.view(sizes).expand(output.shape)
        mean = _mean(x, axis)
        if _varies(x, axis) and not any(_varies(mean, one) for one in range(1, x.ndim)):
            return torch.zeros_like(output)
        return self._placed(mean, output, axis)

    def _joined(self, given: list[Tensor], output: Tensor) -> Tensor:
        """Label what is made of values of the same place; values for the whole image have none."""
        found = torch.zeros_like(output)
        for one in given:
            if one.shape != output.shape:
                continue
            apart = (found != 0) & (one != 0) & ((found - one).abs() > _step(one))
            found = torch.where(found == 0, one, found)
            if self._kind != 2:
                found = found.masked_fill(apart, 0.0)
        return found

    def _placed(self, x: Tensor, output: Tensor, axis: int) -> Tensor:
        """Bring labels to the size of an output: a map of other rows and columns has them in order."""
        sizes = list(output.shape)
        sizes[axis] = x.shape[axis]
        if list(x.shape) == sizes:
            return x.expand(output.shape)
        if axis != 1 or x.ndim != 4 or output.ndim != 4 or len(x) != len(output):
            return torch.zeros_like(output)
        if self._kind == 2:
            return x.amax((2, 3), keepdim=True).expand(output.shape)
        own = 2 + self._kind
        line = x.amax((1, 5 - own), keepdim=True).cummax(own).values
        if ((x != 0) & ((x - line).abs() > SAME)).any():  # along the other axis too, or falling
            return torch.zeros_like(output)
        low, high = _least(line, own, 0.0), line.amax(own, keepdim=True)
        sizes = [1, 1, 1, 1]
        sizes[own] = output.shape[own]
        steps = torch.linspace(0, 1, sizes[own]).to(x).view(sizes)
        label: Tensor = low + (high - low) * steps
        return label.expand(output.shape)


def _read(rows: Any, columns: Any, channels: Any) -> Axes | str:
    """Read labels of an output; each of them lies as the output does."""
    if not isinstance(rows, Tensor) or rows.ndim < 3:
        return "expected places of the image, with channels each"
    if len(rows) != IMAGES:
        return "its first axis has windows or other parts of images; expected images alone"
    varying = [axis for axis in range(1, rows.ndim) if _varies(channels, axis)]
    if len(varying) > 1:
        return "several of its axes have channels; expected one"
    ones = [axis for axis in range(1, rows.ndim) if rows.shape[axis] == 1]
    (channel,) = varying or ones[:1] or [1]
    labels = [_mean(one[:1], channel).flatten().round(decimals=2) for one in (rows, columns)]
    placed = (labels[0] != 0) & (labels[1] != 0)
    if not placed.any():
        return "it lies at no known place of the image; expected a layer that does"
    (row, height), (column, width) = (_numbered(one[placed]) for one in labels)
    number, order = (row * width + column).sort(stable=True)
    if not torch.equal(number, torch.arange(height * width, device=number.device)):
        return f"its {len(number)} positions fill no grid of the image; expected rows times columns"
    order = placed.nonzero()[order, 0]
    plain = rows.ndim == 4 and torch.equal(order, torch.arange(len(placed), device=order.device))
    return Axes(channel, (height, width), None if plain else order, not bool(placed.all()))


def _numbered(labels: Tensor) -> tuple[Tensor, int]:
    known, number = torch.unique(labels, return_inverse=True)
    return number, len(known)


def _multiplies(called: Any, x: Tensor, output: Tensor) -> bool:
    """Whether an operation multiplies by a constant matrix along the last axis."""
    name = getattr(getattr(called, "call", None), "__name__", "")
    alone = isinstance(called, Operation) and called.signals == (0,) and name in PRODUCTS
    return alone and x.shape[:-1] == output.shape[:-1]


def _has_labels(value: object) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _nowhere(value: Any) -> Any:
    """Take the labels from values."""
    if isinstance(value, Mapping):
        return {name: _nowhere(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return (
            type(value)(*map(_nowhere, value))
            if hasattr(value, "_fields")
            else [*map(_nowhere, value)]
        )
    return torch.zeros_like(value) if _has_labels(value) else value


def _mean(x: Tensor, axis: int) -> Tensor:
    """Mean of the labels along an axis, of those that are some."""
    count = (x != 0).sum(axis, keepdim=True).clamp(min=1)
    mean: Tensor = x.sum(axis, keepdim=True) / count
    return mean


def _step(x: Tensor) -> float:
    """Least difference of labels that are neighbours along an axis, or infinity."""
    steps = [torch.inf]
    for axis in range(1, x.ndim):
        first, last = (x.narrow(axis, start, x.shape[axis] - 1) for start in (0, 1))
        found = (last - first).abs()
        found = found[(first != 0) & (last != 0) & (found > SAME)]
        steps.append(float(found.min()) + SAME if len(found) else torch.inf)
    return min(steps)


def _least(x: Tensor, axis: int, none: float) -> Tensor:
    """Least label along an axis, of those that are some."""
    found: Tensor = x.masked_fill(x == 0, torch.inf).amin(axis, keepdim=True)
    found = found.masked_fill(found.isinf(), none)
    return found


def _varies(x: Tensor, axis: int) -> bool:
    """Whether labels differ along an axis."""
    return bool((x.amax(axis, keepdim=True) - _least(x, axis, torch.inf) > SAME).any())
