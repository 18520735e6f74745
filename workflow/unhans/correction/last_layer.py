"""Last layer: cures that change a network's last linear layer alone, from its penultimate activations.

SpuFix (Neuhaus et al. 2023) takes the contribution of a spurious direction from one logit, without
training: of a principal component, or of what the artefact changes where it is put in. LEACE (Belrose et
al. 2023) erases what a linear classifier can know of the artefact, and changes activations as little as
that needs. DFR (Kirichenko et al. 2023) trains the last layer anew, here on images of low spuriosity
(Moayeri et al. 2023).
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from concept_erasure import LeaceFitter
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf
from torch import Tensor, nn

from unhans.correction.case import Case
from unhans.correction.clarc import replaced
from unhans.correction.vectors import FITTED
from unhans.errors import InputError
from unhans.features import components, labels, spuriosity
from unhans.features.importance import as_activations
from unhans.networks import penultimate
from unhans.networks.training import Schedule, fit
from unhans.types import Array

Floats = NDArray[np.float64]

NAMES = ("spufix", "spufix_inserted", "leace", "dfr")
"""Methods of this module."""

KEPT = 0.2
"""Share of the images of each class, those of least spuriosity, that the last layer is trained on."""

SPURIOUS = 15
"""Most neurons that images are ranked by."""

FLOOR = 1e-6
"""Added to each variance of a covariance, in parts of their mean."""

ROUNDING = 1e-10
"""Correlation of activations with the artefact below which there is none."""

EPOCHS = 10
"""Times as many epochs as of a whole network: one layer costs next to nothing."""


class Blocked(nn.Module):
    """A last layer that lowers one logit by the contribution of a direction: max(0, beta).

    beta = <filter, psi - mean> gain; see `components.blocked` and `inserted_direction`.

    Parameters
    ----------
    layer : Linear
        The last layer as it is.
    target : int
        The logit that is lowered.
    mean, filter_ : ndarray of float64, shape (d,)
        A filter of zeros changes nothing.
    gain : float
        What one unit of the direction adds to the logit.
    """

    mean: Tensor
    filter: Tensor

    def __init__(
        self, layer: nn.Linear, target: int, mean: Floats, filter_: Floats, gain: float
    ) -> None:
        super().__init__()
        self.layer, self.target, self.gain = layer, target, float(gain)
        self.register_buffer("mean", torch.as_tensor(mean).to(layer.weight))
        self.register_buffer("filter", torch.as_tensor(filter_).to(layer.weight))

    def forward(self, activation: Tensor) -> Tensor:
        """Compute logits.

        Parameters
        ----------
        activation : Tensor, shape (n, d)
            Penultimate activations.

        Returns
        -------
        Tensor, shape (n, classes)
        """
        logits: Tensor = self.layer(activation)
        psi = activation * self.layer.weight[self.target]
        beta = ((psi - self.mean) @ self.filter) * self.gain
        lowered = torch.zeros_like(logits)
        lowered[:, self.target] = beta.clamp(min=0)
        return logits - lowered


class Eraser(NamedTuple):
    """An affine map of activations: x - P (x - mean).

    Parameters
    ----------
    projection : ndarray of float64, shape (d, d)
        P.
    mean : ndarray of float64, shape (d,)
        Of the activations that it was fitted to.
    """

    projection: Floats
    mean: Floats

    def __call__(self, activations: Array) -> Floats:
        """Erase.

        Parameters
        ----------
        activations : ndarray of float, shape (n, d)
            Of any images.

        Returns
        -------
        ndarray of float64, shape (n, d)
        """
        own = np.asarray(activations, dtype=np.float64)
        return np.asarray(own - (own - self.mean) @ self.projection.T)


def eraser(clean: Array, marked: Array) -> Eraser:
    """Fit LEACE: afterwards activations and the presence of the artefact do not covary.

    Parameters
    ----------
    clean, marked : ndarray of float, shape (n, d) and (m, d)
        Activations of images without the artefact and with it.

    Returns
    -------
    Eraser
        Of all maps that erase it, that of least mean squared change (in any norm of the activations).

    References
    ----------
    Belrose et al. 2023, "LEACE: Perfect linear concept erasure in closed form", theorem 4.3:
    P = W+ (W c) (W c)+ W, W the whitening of the activations and c their covariance with the label.
    """
    own = np.concatenate([np.asarray(part, dtype=np.float64) for part in (clean, marked)])
    label = np.repeat([0.0, 1.0], [len(clean), len(marked)])
    # Of the sample itself, as the theorem has it: without shrinkage, and without a bound of the variance.
    found = LeaceFitter.fit(
        torch.from_numpy(own),
        torch.from_numpy(label),
        **{"shrinkage": False, "constrain_cov_trace": False, "svd_tol": ROUNDING},
    ).eraser
    return Eraser((found.proj_left @ found.proj_right).numpy(), own.mean(axis=0))


def inserted_direction(changes: Array, clean: Array) -> tuple[Floats, Floats]:
    """Find what an artefact changes in weighted activations, and how much of it an image shows.

    The amount is found by generalised least squares: the coefficient c that minimises
    (r - c v)^T S^-1 (r - c v), where r = psi - mean, v is the mean change and S the covariance of images
    without the artefact. What such images vary in anyway counts little.

    Parameters
    ----------
    changes : ndarray of float, shape (n, d)
        psi of images with the artefact put in, less psi of the same images without it.
    clean : ndarray of float, shape (m, d)
        psi of images without the artefact, of any classes.

    Returns
    -------
    direction : ndarray of float64, shape (d,)
        v: the mean change.
    filter_ : ndarray of float64, shape (d,)
        f, so that c = <f, r>; <f, v> = 1. Zeros where nothing changes.

    Raises
    ------
    InputError
        There is no image, or the widths differ.

    References
    ----------
    After SpuFix (Neuhaus et al. 2023, section 6), whose directions are fitted by least squares too, with
    S the identity. S is shrunk as Ledoit & Wolf 2004 derive.
    """
    own, others = as_activations(changes), as_activations(clean)
    if own.shape[1] != others.shape[1]:
        raise InputError(f"changes of shape {own.shape} for psi of shape {others.shape}")
    direction = own.mean(axis=0)
    covariance, _ = ledoit_wolf(others)
    scale = float(np.trace(covariance)) / len(covariance) or 1.0
    # Without the floor a neuron that is always silent would make the covariance singular.
    along = np.linalg.solve(covariance + FLOOR * scale * np.eye(len(covariance)), direction)
    amount = float(direction @ along)
    return direction, along / amount if amount > 0 else np.zeros_like(along)


@contextmanager
def corrected(case: Case, method: str, schedule: Schedule) -> Iterator[nn.Module]:
    """Correct the last layer of a case's network for the time of a ``with``.

    Parameters
    ----------
    case : Case
        Network, artefact and images; its network is afterwards what it was.
    method : str
        One of `NAMES`.
    schedule : Schedule
        How the last layer is trained, for ``dfr``.

    Yields
    ------
    Module
        The network, corrected.

    Raises
    ------
    InputError
        The network's logits are not the output of a linear layer.
    """
    module = case.network.module
    name, layer = penultimate.last_linear(module, case.data.training.inputs[:1])
    make = {"spufix": _spufix, "spufix_inserted": _inserted, "leace": _leace, "dfr": _dfr}[method]
    made = make(case, name, layer, schedule)
    with replaced(module, name, made) as own:
        yield own


def applies(case: Case) -> bool:
    """Whether the network of a case ends in one linear layer.

    Parameters
    ----------
    case : Case
        Network and images.

    Returns
    -------
    bool
    """
    try:
        penultimate.last_linear(case.network.module, case.data.training.inputs[:1])
    except InputError:
        return False
    return True


def _spufix(case: Case, name: str, layer: nn.Linear, _: Schedule) -> nn.Module:
    """Block the component of the class whose contribution the artefact raises most."""
    target, own = case.data.target, case.data.training
    images = own.only((own.label == target) & ~own.marked).inputs
    if not len(images):
        images = own.only(own.label == target).inputs
    plain, marked = _pairs(case, name, images)
    weights = layer.weight.detach().cpu().double().numpy()[target]
    psi = [components.weighted(part, weights) for part in (plain, marked)]
    every = _activations(case, name, own.only(own.label == target).inputs)
    principal = components.principal(components.weighted(every, weights))
    before, after = (components.contributions(part, principal) for part in psi)
    raised = (after - before).mean(axis=0)
    place = int(raised.argmax())
    alpha = after[:, place] if raised[place] > 0 else np.zeros(len(after))
    direction = components.spurious_direction(psi[1], principal.mean, alpha)
    return Blocked(layer, target, principal.mean, direction, float(direction.sum()))


def _inserted(case: Case, name: str, layer: nn.Linear, _: Schedule) -> nn.Module:
    """Block what the artefact changes in the logit's parts where it is put into images of other classes.

    There it has to be blocked, and activations of the class itself, which the artefact saturates, change
    less. How much of it an image shows is counted from the mean of images without it.
    """
    target, own = case.data.target, case.data.training
    weights = layer.weight.detach().cpu().double().numpy()[target]
    others = own.only(own.label != target).inputs
    plain, marked = (components.weighted(part, weights) for part in _pairs(case, name, others))
    of_class = own.only((own.label == target) & ~own.marked).inputs
    clean = [plain]
    if len(of_class):
        clean.append(components.weighted(_activations(case, name, _some(of_class)), weights))
    every = np.concatenate(clean)
    direction, filter_ = inserted_direction(marked - plain, every)
    return Blocked(layer, target, every.mean(axis=0), filter_, max(0.0, float(direction.sum())))


def _leace(case: Case, name: str, layer: nn.Linear, _: Schedule) -> nn.Module:
    """Erase the artefact from the activations: an affine map, which the last layer takes up."""
    own = case.data.training
    erase = eraser(*_pairs(case, name, own.only(own.label != case.data.target).inputs))
    made = copy.deepcopy(layer)
    weights = layer.weight.detach().double()
    taken = weights @ torch.from_numpy(erase.projection).to(weights)
    with torch.no_grad():
        made.weight.copy_(weights - taken)
        shift = taken @ torch.from_numpy(erase.mean).to(weights)
        if made.bias is None:
            made.bias = nn.Parameter(torch.zeros(len(shift)).to(made.weight))
        made.bias.add_(shift)
    return made


def _dfr(case: Case, name: str, layer: nn.Linear, schedule: Schedule) -> nn.Module:
    """Train the last layer on images that show least of what the artefact raises."""
    own = case.data.training
    images = own.only(own.label == case.data.target).inputs
    plain, marked = _pairs(case, name, images)
    every = _activations(case, name, own.inputs)
    truth = np.repeat([False, True], [len(plain), len(marked)])
    both = np.concatenate([plain, marked])
    found = np.array([labels.auc(both[:, at], truth) for at in range(both.shape[1])])
    order = np.argsort(-found, kind="stable")[:SPURIOUS]
    neurons = order[found[order] >= max(labels.LEAST_AUC, 0)]
    neurons = neurons if len(neurons) else order[:1]
    kept = []
    for index in np.unique(own.label):
        rows = np.flatnonzero(own.label == index)
        score = spuriosity.spuriosity(every[rows], neurons)
        kept.append(rows[np.argsort(score, kind="stable")][: max(1, round(KEPT * len(rows)))])
    chosen = np.sort(np.concatenate(kept))
    made = copy.deepcopy(layer)
    longer = replace(schedule, epochs=EPOCHS * schedule.epochs)
    fit(made, every[chosen].astype(np.float32), own.label[chosen], longer)
    return made.eval()


def _pairs(case: Case, name: str, images: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Penultimate activations of at most `FITTED` images as they are, and with the artefact."""
    some = _some(images)
    attacked = case.artefact.insert(some)
    return _activations(case, name, some), _activations(case, name, attacked)


def _some(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """At most `FITTED` of the images, evenly chosen."""
    return images[:: max(1, -(-len(images) // FITTED))]


def _activations(case: Case, name: str, images: NDArray[np.float32]) -> Floats:
    return penultimate.given_to(case.network.module, name, images).astype(np.float64)
