"""RR-ClArC: training on while the network is penalised for its gradient along an artefact's vector.

Dreyer et al. 2024 ("From Hope to Safety: Unlearning Biases of Deep Models via Gradient Penalization in
Latent Space"): cross-entropy + lambda (gradient . CAV)^2, the gradient that of the logits, summed with
random signs over classes, with respect to the activations of a layer.
"""

import numpy as np
import torch
from torch import Tensor, nn

from unhans.correction.clarc import after
from unhans.correction.data import Images
from unhans.errors import InputError
from unhans.networks.training import Schedule, fit
from unhans.types import Array

NAME = "rr_clarc"
"""Its name among the methods."""


class Tap(nn.Module):
    """Keeps the activations of the last call, and hands on a copy."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = torch.empty(0)

    def forward(self, x: Tensor) -> Tensor:
        """Keep activations.

        Parameters
        ----------
        x : Tensor
            Of the layer.

        Returns
        -------
        Tensor
            Equal values: a layer that works in place changes the copy.
        """
        self.seen = x if x.requires_grad else x.detach().requires_grad_()
        return self.seen.clone()


def penalty(logits: Tensor, activations: Tensor, direction: Tensor, signs: Tensor) -> Tensor:
    """Compute the mean squared gradient along a direction.

    Parameters
    ----------
    logits : Tensor, shape (n, classes)
        Computed from the activations.
    activations : Tensor, shape (n, ...)
        Of a layer.
    direction : Tensor, shape (d,)
        Of norm 1; d is the number of channels, or that of all numbers of an activation.
    signs : Tensor, shape (n, classes)
        1 and -1.

    Returns
    -------
    Tensor, shape ()
        Its graph is kept. Of a direction of channels, the gradient is summed over positions.
    """
    (gradient,) = torch.autograd.grad((signs * logits).sum(), activations, create_graph=True)
    own = gradient.flatten(1)
    if own.shape[1] != len(direction):
        own = gradient.flatten(2).sum(dim=2)
    return (own @ direction).square().mean()


def train(
    module: nn.Module,
    layer: str,
    direction: Array,
    images: Images,
    schedule: Schedule,
    weight: float,
) -> None:
    """Train a network on in place, penalised along a vector.

    Parameters
    ----------
    module : Module
        The network.
    layer : str
        Layer of the vector.
    direction : ndarray of float, shape (d,)
        Of norm 1, or zeros.
    images : Images
        To train on.
    schedule : Schedule
        How it is trained.
    weight : float
        lambda, not negative.

    Raises
    ------
    InputError
        The network has no layer of that name, or the weight is negative.
    """
    if not weight >= 0:
        raise InputError(f"rr_clarc: penalty {weight}; expected 0 or more")
    tap = Tap()
    draw = torch.Generator().manual_seed(schedule.seed)
    along = torch.as_tensor(np.asarray(direction), dtype=torch.float32)

    def loss(logits: Tensor, wanted: Tensor) -> Tensor:
        signs = 2.0 * torch.randint(0, 2, logits.shape, generator=draw).to(logits) - 1
        plain = nn.functional.cross_entropy(logits, wanted)
        return plain + weight * penalty(logits, tap.seen, along.to(logits), signs)

    with after(module, layer, tap):
        fit(module, images.inputs, images.label, schedule, loss=loss)
