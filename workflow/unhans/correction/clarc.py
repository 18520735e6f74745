"""ClArC: class artifact compensation, a layer whose activations are moved along a vector.

Anders et al. 2022 (arXiv:1912.11425v2): P-ClArC moves the activations of every image to where images
without the artefact lie, after training; A-ClArC moves them to where those *with* it lie while the
layers above are trained anew, so that it tells them nothing any more.
"""

import difflib
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unhans.errors import InputError
from unhans.io.atomic import replacing


class Projection(nn.Module):
    """Move activations along a direction v to one place: x + v (place - v x).

    Every image comes to lie at the same place along the direction, and what is orthogonal to it stays:
    moved once or twice is the same, and with a direction of zeros nothing moves.

    Parameters
    ----------
    direction : (d,) of norm 1, or zeros; d channels where ``pooled``, else all numbers of an activation
    place : where to, along the direction
    pooled : move each position of a map by itself, along its channels
    intercept : move only where direction x + intercept > 0 (reactive); everywhere if None

    """

    direction: Tensor
    place: Tensor

    def __init__(
        self,
        direction: NDArray[np.float64],
        place: float,
        pooled: bool = False,
        intercept: float | None = None,
    ) -> None:
        super().__init__()
        self.register_buffer("direction", torch.as_tensor(direction, dtype=torch.float32))
        self.register_buffer("place", torch.tensor(place, dtype=torch.float32))
        self.pooled, self.intercept = pooled, intercept

    def forward(self, x: Tensor) -> Tensor:
        """Activations (n, ...) moved."""
        if self.pooled:
            own = x.flatten(2) if x.dim() > 2 else x[:, :, None]
            v = self.direction[:, None]
            along = (own * v).sum(dim=1, keepdim=True)
            told = along.mean(dim=2, keepdim=True)
        else:
            own, v = x.flatten(1), self.direction
            told = along = own @ v[:, None]
        step = self.place - along
        if self.intercept is not None:
            step = torch.where(told + self.intercept > 0, step, torch.zeros_like(step))
        return (own + step * v).reshape(x.shape)


class EveryOther(nn.Module):
    """Move every other image of a batch, and leave the others as they are."""

    def __init__(self, projection: Projection) -> None:
        super().__init__()
        self.projection = projection

    def forward(self, x: Tensor) -> Tensor:
        """Activations (n, ...), those of the first, third, ... image moved."""
        first = torch.arange(len(x), device=x.device) % 2 == 0
        return torch.where(first.view(-1, *[1] * (x.dim() - 1)), self.projection(x), x)


class _Moved(nn.Module):
    """A layer, whatever it is called with, and what is put behind it."""

    def __init__(self, layer: nn.Module, moved: nn.Module) -> None:
        super().__init__()
        self.layer, self.moved = layer, moved

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Output of the layer, moved."""
        return self.moved(self.layer(*inputs, **options))


def layer_of(module: nn.Module, name: str) -> nn.Module:
    """Find a layer by its name.

    Raises
    ------
    InputError
        The network has no layer of that name.

    """
    try:
        found = module.get_submodule(name) if name else None
    except AttributeError:
        found = None
    if found is None:
        known = [one for one, _ in module.named_modules() if one]
        few = difflib.get_close_matches(name, known, n=5, cutoff=0.4) or known[:10]
        raise InputError(f"the network has no layer '{name}'; expected one as {', '.join(few)}")
    return found


@contextmanager
def after(module: nn.Module, name: str, inserted: nn.Module) -> Iterator[nn.Module]:
    """Put a module behind a layer for the time of a ``with``; afterwards the network is what it was."""
    layer = layer_of(module, name)
    above, _, own = name.rpartition(".")
    parent = module.get_submodule(above)
    device = next(module.parameters()).device
    setattr(parent, own, _Moved(layer, inserted.to(device)))
    try:
        yield module
    finally:
        setattr(parent, own, layer)


def activations(
    module: nn.Module,
    name: str,
    inputs: NDArray[np.float32],
    pooled: bool = False,
    batch_size: int = 100,
) -> NDArray[np.float32]:
    """Activations of a layer.

    Parameters
    ----------
    module : network in evaluation mode
    name : of the layer
    inputs : (n, c, h, w)
    pooled : mean over a map's positions
    batch_size : images at once

    Returns
    -------
    (n, d) float32: all numbers of each activation, or one a channel

    """
    kept: list[NDArray[np.float32]] = []

    def keep(_: nn.Module, __: object, output: Tensor) -> None:
        pool = pooled and output.dim() > 2
        own = output.flatten(2).mean(dim=2) if pool else output.flatten(1)
        kept.append(own.cpu().numpy())

    layer = layer_of(module, name)
    for start in range(0, len(inputs), batch_size):
        _watch(module, [layer], keep, inputs[start : start + batch_size])
    return np.concatenate(kept)


def maps(module: nn.Module, example: NDArray[np.float32]) -> list[str]:
    """Name the layers that one can move: stages of a chain that put out a map, in their order.

    Parameters
    ----------
    module : network
    example : (1, c, h, w) an input

    """
    names = {
        child: f"{name}.{own}".lstrip(".")
        for name, chain in module.named_modules()
        if isinstance(chain, nn.Sequential | nn.ModuleList)
        for own, child in chain.named_children()
    }
    found: list[str] = []

    def note(layer: nn.Module, _: object, output: object) -> None:
        if isinstance(output, Tensor) and output.dim() == 4 and names[layer] not in found:
            found.append(names[layer])

    _watch(module, names, note, example)
    return found


@contextmanager
def frozen_up_to(module: nn.Module, name: str, example: NDArray[np.float32]) -> Iterator[nn.Module]:
    """Let only the layers above one be trained; afterwards all can be trained that could before.

    Parameters
    ----------
    module : network
    name : the last layer that stays as it is
    example : (1, c, h, w) an input, which shows the order of layers

    """
    layer, before, done = layer_of(module, name), set[nn.Module](), False

    def note(one: nn.Module, _: object, __: object) -> None:
        nonlocal done
        if not done:
            before.add(one)
        done = done or one is layer

    _watch(module, module.modules(), note, example)
    fixed = [p for one in before for p in one.parameters() if p.requires_grad]
    for parameter in fixed:
        parameter.requires_grad_(False)
    try:
        yield module
    finally:
        for parameter in fixed:
            parameter.requires_grad_(True)


def export(module: nn.Module, example: NDArray[np.float32], path: str | Path) -> None:
    """Write a network, projections and all, as a program that `torch.export.load` reads without unhans.

    Parameters
    ----------
    module : network in evaluation mode
    example : (n, c, h, w) inputs, two at least; any number of images can be given to what is written
    path : ends in .pt2

    """
    batch = torch.export.Dim("batch", min=1)
    inputs = (torch.from_numpy(example),)
    program = torch.export.export(module.cpu().eval(), inputs, dynamic_shapes=({0: batch},))
    content = io.BytesIO()
    torch.export.save(program, content)
    with replacing(path) as partial:
        partial.write_bytes(content.getvalue())


def _watch(
    module: nn.Module,
    layers: Iterable[nn.Module],
    note: Callable[[nn.Module, Any, Any], None],
    inputs: NDArray[np.float32],
) -> None:
    """Let inputs through, and note what layers put out."""
    handles = [layer.register_forward_hook(note) for layer in layers]
    try:
        with torch.no_grad():
            module(torch.from_numpy(inputs).to(next(module.parameters()).device))
    finally:
        for handle in handles:
            handle.remove()
