"""ClArC: class artifact compensation moves the activations of a layer along a vector.

Anders et al. 2022 (arXiv:1912.11425v2). P-ClArC moves the activations of every image to where images
without the artefact lie, after training. A-ClArC moves them to where those *with* it lie while the
layers above are trained on, so that the artefact carries no information for them.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from unhans.checks import flag
from unhans.correction.cav import Vector, as_vector
from unhans.correction.layers import layer_of
from unhans.errors import InputError
from unhans.networks.inference import device_of
from unhans.networks.probing import require_module


class Projection(nn.Module):
    """Move activations along a direction v to one place: x + v (place - v x).

    Every image comes to lie at the same place along the direction; what is orthogonal to it stays. A
    second projection changes nothing, and a direction of zeros moves nothing.

    Parameters
    ----------
    direction : ndarray of float64, shape (d,)
        Of norm 1, or zeros. d is the number of channels where ``pooled``, else that of all numbers of
        an activation.
    place : float
        Where activations are moved to, along the direction.
    pooled : bool
        Move each position of a map by itself, along its channels.
    intercept : float, optional
        Move only images where direction x + intercept > 0 (reactive); without it, move all.

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
        """Move activations.

        Parameters
        ----------
        x : Tensor, shape (n, ...)
            Activations of the layer.

        Returns
        -------
        Tensor, shape (n, ...)

        """
        if not isinstance(x, fx.Proxy):
            self._require_fit(x)
        if self.pooled:
            own = x.flatten(2) if x.dim() > 2 else x[:, :, None]
            v = self.direction[:, None]
            along = (own * v).sum(dim=1, keepdim=True)
            score = along.mean(dim=2, keepdim=True)
        else:
            own, v = x.flatten(1), self.direction
            score = along = own @ v[:, None]
        step = self.place - along
        if self.intercept is not None:
            step = torch.where(score + self.intercept > 0, step, torch.zeros_like(step))
        return (own + step * v).reshape(x.shape)

    def _require_fit(self, x: Any) -> None:
        """Refuse activations of another width than the direction's."""
        if not isinstance(x, Tensor):
            raise InputError(f"the layer gives a {type(x).__name__}; expected a tensor")
        width, count = len(self.direction), x.shape[1] if self.pooled else x.shape[1:].numel()
        if width != count:
            what = "channels" if self.pooled else "numbers"
            raise InputError(
                f"the vector has {width} numbers, and the layer gives {count} {what} for an image; "
                f"expected a vector fitted to activations of this layer, pooled={self.pooled}"
            )


class EveryOther(nn.Module):
    """Move every other image of a batch, and leave the others as they are.

    Parameters
    ----------
    projection : Projection
        That moves the first, third, ... image.

    """

    def __init__(self, projection: Projection) -> None:
        super().__init__()
        self.projection = projection

    def forward(self, x: Tensor) -> Tensor:
        """Move activations.

        Parameters
        ----------
        x : Tensor, shape (n, ...)
            Activations of the layer.

        Returns
        -------
        Tensor, shape (n, ...)

        """
        first = torch.arange(len(x), device=x.device) % 2 == 0
        return torch.where(first.view(-1, *[1] * (x.dim() - 1)), self.projection(x), x)


class _Moved(nn.Module):
    """A layer with a module behind it; it is called as the layer is."""

    def __init__(self, layer: nn.Module, moved: nn.Module) -> None:
        super().__init__()
        self.layer, self.moved = layer, moved

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output of the layer, moved."""
        return self.moved(self.layer(*inputs, **options))


@contextmanager
def p_clarc(
    model: nn.Module, layer: str, vector: Vector, *, pooled: bool = False, reactive: bool = False
) -> Iterator[nn.Module]:
    """Correct a network by P-ClArC for the time of a ``with``; afterwards it is what it was.

    Activations of the layer are moved along the vector to where images without the artefact lie.

    Parameters
    ----------
    model : Module
        Network whose outputs are logits.
    layer : str
        Name of the layer, as ``model.named_modules()`` gives it.
    vector : Vector
        Fitted to activations of this layer; see `fit_cav` and `activations`.
    pooled : bool
        The vector was fitted to pooled activations: one number a channel.
    reactive : bool
        Move only images in which the vector finds the artefact.

    Yields
    ------
    Module
        The network, corrected.

    Raises
    ------
    InputError
        The network has no layer of that name, or the vector has no direction; on a call of the
        network, that the vector has another width than the layer.

    References
    ----------
    Anders et al. 2022 (arXiv:1912.11425v2).

    Examples
    --------
    >>> import numpy as np, torch
    >>> import unhans as uh
    >>> network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 2, bias=False))
    >>> _ = network[1].weight.data.copy_(torch.eye(2, 4))
    >>> clean = np.zeros((3, 4))
    >>> vector = uh.fit_cav(clean, clean + [0, 1, 0, 0])
    >>> image = torch.tensor([[[[0.5, 1], [0, 0]]]])
    >>> network(image).tolist()
    [[0.5, 1.0]]
    >>> with uh.p_clarc(network, "0", vector) as corrected:
    ...     corrected(image).tolist()
    [[0.5, 0.0]]
    """
    require_module(model)
    direction, boundary, clean, _ = as_vector(vector)
    intercept = boundary if flag(reactive, "reactive") else None
    projection = Projection(direction, clean, flag(pooled, "pooled"), intercept)
    with after(model, layer, projection) as corrected:
        yield corrected


@contextmanager
def after(module: nn.Module, name: str, inserted: nn.Module) -> Iterator[nn.Module]:
    """Put a module behind a layer for the time of a ``with``; afterwards the network is what it was.

    Parameters
    ----------
    module : Module
        Network.
    name : str
        Of the layer.
    inserted : Module
        Gets the output of the layer; what it puts out goes on.

    Yields
    ------
    Module
        The network.

    Raises
    ------
    InputError
        The network has no layer of that name.

    """
    with replaced(module, name, _Moved(layer_of(module, name), inserted)) as changed:
        yield changed


@contextmanager
def replaced(module: nn.Module, name: str, made: nn.Module) -> Iterator[nn.Module]:
    """Put a module in a layer's place for the time of a ``with``; afterwards the network is what it was.

    Parameters
    ----------
    module : Module
        Network.
    name : str
        Of the layer.
    made : Module
        Gets what the layer would be given.

    Yields
    ------
    Module
        The network.

    Raises
    ------
    InputError
        The network has no layer of that name.
    """
    layer = layer_of(module, name)
    above, _, own = name.rpartition(".")
    parent = module.get_submodule(above)
    setattr(parent, own, made.to(device_of(module)))
    try:
        yield module
    finally:
        setattr(parent, own, layer)


def program(module: nn.Module, example: NDArray[np.float32]) -> bytes:
    """Export a network, projections included, as a program that runs without unhans.

    Parameters
    ----------
    module : Module
        Network in evaluation mode.
    example : ndarray of float32, shape (n, c, h, w)
        Inputs, two at least. The program takes any number of images.

    Returns
    -------
    bytes
        Content of a file ``.pt2`` that `torch.export.load` reads.

    """
    batch = torch.export.Dim("batch", min=1)
    inputs = (torch.from_numpy(example),)
    exported = torch.export.export(module.cpu().eval(), inputs, dynamic_shapes=({0: batch},))
    content = io.BytesIO()
    torch.export.save(exported, content)
    return content.getvalue()
