"""Layers of a network by their names: their activations, their order, and which can be trained."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unhans.checks import flag, require_finite, shown, whole
from unhans.errors import InputError
from unhans.networks.inference import device_of, evaluating
from unhans.networks.probing import as_inputs, output_of_first, require_module


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
    if not isinstance(name, str):
        raise InputError(
            f"layer is {shown(name)}; expected its name, as model.named_modules() gives it"
        )
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
    model: nn.Module,
    layer: str,
    images: NDArray[np.float32],
    *,
    pooled: bool = False,
    batch_size: int = 100,
) -> NDArray[np.float32]:
    """Compute the activations of a layer, as `fit_cav` and `p_clarc` take them.

    Parameters
    ----------
    model : Module
        Network from images to logits. It is evaluated; its mode stays as it is.
    layer : str
        Name of the layer, as ``model.named_modules()`` gives it.
    images : ndarray of float32, shape (n, c, h, w)
        Inputs of the network. Other floats and integers are converted.
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
        The network has no layer of that name, computes it several times or never, or does not take the
        images.

    Examples
    --------
    >>> import numpy as np, torch
    >>> import unhans as uh
    >>> network = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Flatten())
    >>> uh.activations(network, "0", np.array([[[[-1.0, 2], [3, 4]]]]))
    array([[0., 2., 3., 4.]], dtype=float32)
    """
    layer_of(require_module(model), layer)
    images, batch_size = as_inputs(images), whole(batch_size, "batch_size", 1)
    pooled = flag(pooled, "pooled")
    require_finite(images)
    output_of_first(model, images)
    with evaluating(model):
        parts = [
            _activation(model, layer, images[start : start + batch_size], pooled)
            for start in range(0, len(images), batch_size)
        ]
    return np.concatenate(parts)


def _activation(
    module: nn.Module, name: str, images: NDArray[np.float32], pooled: bool
) -> NDArray[np.float32]:
    """Activations of a layer for a batch, a row an image."""
    outputs: list[Any] = []

    def keep(_: nn.Module, __: object, output: object) -> None:
        outputs.append(output)

    _watch(module, [layer_of(module, name)], keep, images)
    if len(outputs) != 1:
        raise InputError(
            f"layer '{name}' is computed {len(outputs)} times for an image; expected a layer that is "
            "computed once"
        )
    output = outputs[0]
    if not isinstance(output, Tensor) or output.dim() < 2 or len(output) != len(images):
        tensor = isinstance(output, Tensor)
        what = f"a tensor of {tuple(output.shape)}" if tensor else f"a {type(output).__name__}"
        raise InputError(
            f"layer '{name}' gives {what} for {len(images)} images; expected a tensor of one row each"
        )
    mean = pooled and output.dim() > 2
    own = output.flatten(2).mean(dim=2) if mean else output.flatten(1)
    return np.asarray(own.float().cpu().numpy())


def maps(module: nn.Module, example: NDArray[np.float32]) -> list[str]:
    """Name the layers that can be moved: stages of a chain, computed once, whose output is a map.

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
    found: list[nn.Module] = []

    def note(layer: nn.Module, _: object, output: object) -> None:
        if isinstance(output, Tensor) and output.dim() == 4:
            found.append(layer)

    _watch(module, names, note, example)
    calls = Counter(found)
    return [names[layer] for layer in found if calls[layer] == 1]


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
            module(torch.from_numpy(inputs).to(device_of(module)))
    finally:
        for handle in handles:
            handle.remove()
