"""Layers of a network by their names: their activations, their order, and which can be trained."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unhans.errors import InputError


def layer_of(module: nn.Module, name: str) -> nn.Module:
    """Find a layer by its name.

    Parameters
    ----------
    module : Module
        Network.
    name : str
        Of the layer, as ``module.named_modules()`` gives it.

    Returns
    -------
    Module

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


def activations(
    module: nn.Module,
    name: str,
    inputs: NDArray[np.float32],
    *,
    pooled: bool = False,
    batch_size: int = 100,
) -> NDArray[np.float32]:
    """Compute the activations of a layer.

    Parameters
    ----------
    module : Module
        Network in evaluation mode.
    name : str
        Of the layer, as ``module.named_modules()`` gives it.
    inputs : ndarray of float32, shape (n, c, h, w)
        Images as the network takes them.
    pooled : bool
        Average the positions of a map.
    batch_size : int
        Images computed at once.

    Returns
    -------
    ndarray of float32, shape (n, d)
        All numbers of each activation; one a channel where ``pooled``.

    Raises
    ------
    InputError
        The network has no layer of that name.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from unhans.correction.layers import activations
    >>> network = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Flatten())
    >>> weights = network.register_parameter("any", torch.nn.Parameter(torch.ones(1)))
    >>> images = np.array([[[[-1, 2], [3, 4]]]], dtype=np.float32)
    >>> activations(network, "0", images)
    array([[0., 2., 3., 4.]], dtype=float32)
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
    """Name the layers that can be moved: stages of a chain whose output is a map.

    Parameters
    ----------
    module : Module
        Network.
    example : ndarray of float32, shape (1, c, h, w)
        An input.

    Returns
    -------
    list of str
        In the order in which they are computed.

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
    """Freeze a layer and all before it for the time of a ``with``.

    Parameters
    ----------
    module : Module
        Network.
    name : str
        The last layer that stays as it is.
    example : ndarray of float32, shape (1, c, h, w)
        An input, which shows the order of layers.

    Yields
    ------
    Module
        The network.

    Raises
    ------
    InputError
        The network has no layer of that name.

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


def _watch(
    module: nn.Module,
    layers: Iterable[nn.Module],
    note: Callable[[nn.Module, Any, Any], None],
    inputs: NDArray[np.float32],
) -> None:
    """Compute the outputs of inputs, and call ``note`` with those of some layers."""
    handles = [layer.register_forward_hook(note) for layer in layers]
    try:
        with torch.no_grad():
            module(torch.from_numpy(inputs).to(next(module.parameters()).device))
    finally:
        for handle in handles:
            handle.remove()
