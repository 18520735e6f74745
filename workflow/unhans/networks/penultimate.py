"""Penultimate: the activations before a network's last linear layer, and the maps they are means of.

Neural features need a network that ends in an average pooling and one linear layer. Whether it does is
found by running it: a linear layer must give the logits, and a map's means must be that layer's input.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unhans.errors import InputError
from unhans.networks.inference import device_of, evaluating
from unhans.networks.outputs import first_tensor

TOLERANCE = 1e-4
"""Greatest difference of two values that are the same, relative to the largest."""


class Ending(NamedTuple):
    """Where a network has its last map, and its last linear layer.

    Parameters
    ----------
    last_map : str
        Layer whose output is the map.
    rectified : bool
        What is below zero in the map counts as zero.
    linear : str
        Name of the linear layer.
    weights : ndarray of float32, shape (classes, d)
        A row a logit.
    bias : ndarray of float32, shape (classes,)
    """

    last_map: str
    rectified: bool
    linear: str
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


class Seen(NamedTuple):
    """What a network computes of a batch.

    Parameters
    ----------
    logits : ndarray of float32, shape (n, classes)
        Outputs.
    activation : ndarray of float32, shape (n, d)
        Input of the last linear layer.
    maps : ndarray of float32, shape (n, d, k, l)
        Their means over positions are the activations.
    """

    logits: NDArray[np.float32]
    activation: NDArray[np.float32]
    maps: NDArray[np.float32]


class Watch:
    """Keeps what layers of a network are given and give: ``with Watch(module, names) as watch:``.

    Parameters
    ----------
    module : Module
        The network.
    names : iterable of str, optional
        Layers; all by default.
    """

    def __init__(self, module: nn.Module, names: Any = None) -> None:
        self._module = module
        layers = dict(module.named_modules(remove_duplicate=False))
        self._layers = layers if names is None else {name: layers[name] for name in names}
        self._handles: list[Any] = []
        self.given: dict[str, Any] = {}
        self.output: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._handles = [
            layer.register_forward_hook(self._hook(name)) for name, layer in self._layers.items()
        ]
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def __call__(self, images: Tensor) -> Tensor:
        """Run the network; of a layer that is called several times the last call is kept.

        Parameters
        ----------
        images : Tensor, shape (n, c, h, w)
            Inputs.

        Returns
        -------
        Tensor, shape (n, classes)
            Logits.
        """
        self.given.clear()
        self.output.clear()
        logits: Tensor = first_tensor(self._module(images))
        return logits

    def _hook(self, name: str) -> Any:
        def seen(_: nn.Module, given: Any, output: Any) -> None:
            for kept, value in ((self.given, given[0] if given else None), (self.output, output)):
                kept.pop(name, None)  # the last call comes last
                kept[name] = value

        return seen


def find(module: nn.Module, images: NDArray[np.float32]) -> Ending:
    """Find the last map and the last linear layer of a network.

    Parameters
    ----------
    module : Module
        The network.
    images : ndarray of float32, shape (n, c, h, w)
        A few inputs to run it with; n >= 1.

    Returns
    -------
    Ending

    Raises
    ------
    InputError
        Its logits are not the output of one linear layer, or that layer's input is not the average
        over positions of a map.
    """
    with evaluating(module), torch.no_grad(), Watch(module) as watch:
        logits = watch(torch.from_numpy(images).to(device_of(module)))
        linear, layer, turned = _linear(module, watch, logits)
        given = watch.given[linear]
        found = _map(watch, given)
    if found is None:
        raise InputError(
            f"neural features: the input of {linear or 'the network'}, its last linear layer "
            f"({given.shape[1]} values), is not the average over positions of a layer's map; expected a "
            "network that ends in an average pooling and one linear layer"
        )
    weights = layer.weight.detach().cpu().float().numpy()
    bias = np.zeros(len(weights), np.float32)
    if layer.bias is not None:
        bias = layer.bias.detach().cpu().float().numpy()
    if turned:  # one output z is read as the logits (-z, z)
        weights, bias = np.concatenate((-weights, weights)), np.concatenate((-bias, bias))
    return Ending(*found, linear, np.array(weights), np.array(bias))


def before(module: nn.Module, images: NDArray[np.float32], name: str) -> list[str]:
    """List layers that may give a map: a layer, and those called before it with an output of its shape.

    Parameters
    ----------
    module : Module
        The network.
    images : ndarray of float32, shape (n, c, h, w)
        As `find` takes them.
    name : str
        Of the layer.

    Returns
    -------
    list of str
        The layer first, then backwards.
    """
    with evaluating(module), torch.no_grad(), Watch(module) as watch:
        watch(torch.from_numpy(images).to(device_of(module)))
        names = list(watch.output)
        found = names[names.index(name) :: -1]
        shape = watch.output[name].shape
        return [one for one in found if getattr(watch.output[one], "shape", None) == shape]


@contextmanager
def watched(module: nn.Module, ending: Ending) -> Iterator[Any]:
    """Watch the ending of a network for the time of a ``with``.

    Parameters
    ----------
    module : Module
        The network; it is in evaluation mode within.
    ending : Ending
        From `find`.

    Yields
    ------
    callable
        From inputs, ndarray of float32 of shape (n, c, h, w), to `Seen`.
    """
    with evaluating(module), Watch(module, {ending.last_map, ending.linear}) as watch:
        device = device_of(module)

        def see(images: NDArray[np.float32]) -> Seen:
            with torch.no_grad():
                logits = watch(torch.from_numpy(images).to(device))
                maps = watch.output[ending.last_map]
                maps = maps.relu() if ending.rectified else maps
                parts = (logits, watch.given[ending.linear], maps)
                return Seen(*(part.cpu().float().numpy() for part in parts))

        yield see


def last_linear(module: nn.Module, images: NDArray[np.float32]) -> tuple[str, nn.Linear]:
    """Find the linear layer whose output is the logits.

    Parameters
    ----------
    module : Module
        The network.
    images : ndarray of float32, shape (n, c, h, w)
        A few inputs to run it with; n >= 1.

    Returns
    -------
    name : str
        Of the layer.
    layer : Linear

    Raises
    ------
    InputError
        There is none.
    """
    with evaluating(module), torch.no_grad(), Watch(module) as watch:
        logits = watch(torch.from_numpy(images).to(device_of(module)))
        name, layer, turned = _linear(module, watch, logits)
    if turned or not name:
        raise InputError(
            "the network is one layer, or its one output is read as two logits; expected a linear layer "
            "of a logit a class behind others"
        )
    return name, layer


def given_to(
    module: nn.Module, name: str, images: NDArray[np.float32], batch_size: int = 50
) -> NDArray[np.float32]:
    """Compute what a layer is given.

    Parameters
    ----------
    module : Module
        The network.
    name : str
        Of a layer that is given rows, such as that of `last_linear`.
    images : ndarray of float32, shape (n, c, h, w)
        Inputs.
    batch_size : int
        Images at once.

    Returns
    -------
    ndarray of float32, shape (n, d)
    """
    device, parts = device_of(module), []
    with evaluating(module), torch.no_grad(), Watch(module, [name]) as watch:
        for start in range(0, len(images), batch_size):
            watch(torch.from_numpy(images[start : start + batch_size]).to(device))
            parts.append(watch.given[name].cpu().float().numpy())
    return np.concatenate(parts)


def _linear(module: nn.Module, watch: Watch, logits: Tensor) -> tuple[str, nn.Linear, bool]:
    """Find the layer whose output the logits are; the last says whether they are its (-z, z)."""
    layers = dict(module.named_modules(remove_duplicate=False))
    for name in reversed(watch.output):
        layer, output = layers[name], watch.output[name]
        if not isinstance(layer, nn.Linear) or output.ndim != 2:
            continue
        if _same(output, logits):
            return name, layer, False
        if output.shape[1] == 1 and _same(torch.cat((-output, output), dim=1), logits):
            return name, layer, True
    raise InputError(
        "neural features: the network's logits are not the output of a linear layer; expected a "
        "network that ends in an average pooling and one linear layer"
    )


def _map(watch: Watch, given: Tensor) -> tuple[str, bool] | None:
    """Find the layer of the last map, and whether the map is rectified before it is averaged."""
    for name in reversed(watch.output):
        output = watch.output[name]
        if not isinstance(output, Tensor) or output.ndim != 4 or output.shape[2:].numel() < 2:
            continue
        if output.shape[:2] != given.shape:
            continue
        for rectified in (False, True):
            map_ = output.relu() if rectified else output
            if _same(map_.mean(dim=(2, 3)), given):
                return name, rectified
    return None


def _same(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape:
        return False
    room = TOLERANCE * max(1e-6, float(other.abs().max()))
    return float((one - other).abs().max()) <= room
