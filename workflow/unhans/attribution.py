"""Attribution: Layer-wise Relevance Propagation from a network's logit back to its input's pixels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans import _torchvision
from unhans.errors import InputError
from unhans.model import rank_of
from unhans.types import Heatmaps

_torchvision.allow_import()

from zennit import composites as zennit_composites  # noqa: E402 - needs torchvision to import
from zennit.attribution import Gradient  # noqa: E402
from zennit.core import Composite  # noqa: E402

COMPOSITES: Mapping[str, Callable[..., Composite]] = {
    # Epsilon in dense layers, alpha1-beta0 (which zennit calls ZPlus) in convolutions, flat in the
    # first layer: the recipe of Anders et al. 2019.
    "epsilon_plus_flat": zennit_composites.EpsilonPlusFlat,
    "epsilon_plus": zennit_composites.EpsilonPlus,
    "epsilon_alpha2_beta1_flat": zennit_composites.EpsilonAlpha2Beta1Flat,
    "epsilon_alpha2_beta1": zennit_composites.EpsilonAlpha2Beta1,
    "epsilon_gamma_box": zennit_composites.EpsilonGammaBox,
}


@dataclass(frozen=True)
class Explanation:
    """Heatmaps of images and what the network said of them; n rows each."""

    heatmap: Heatmaps
    """(n, h, w) relevance summed over channels"""
    logit: NDArray[np.float32]
    """(n,) of the target: the relevance that was propagated"""
    prediction: NDArray[np.int64]
    """(n,) index of the highest logit"""
    rank: NDArray[np.int64]
    """(n,) of the target among all classes, 1 for the highest"""


def attribute(
    model: nn.Module,
    images: NDArray[np.float32],
    targets: NDArray[np.integer],
    composite: str,
    batch_size: int = 50,
) -> Heatmaps:
    """Relevance of each pixel for the target's logit, summed over channels.

    Parameters
    ----------
    model : network whose inputs are images and whose outputs are logits
    images : (n, c, h, w) float32
    targets : (n,) class index
    composite : one of `COMPOSITES`
    batch_size : images explained at once

    Returns
    -------
    (n, h, w) float32; up to what biases and epsilon absorb, a map sums to its logit

    """
    return explain(model, images, targets, composite, batch_size).heatmap


def explain(
    model: nn.Module,
    images: NDArray[np.float32],
    targets: NDArray[np.integer],
    composite: str,
    batch_size: int = 50,
) -> Explanation:
    """Attribute as `attribute` does, and keep what the network said.

    Relevance starts as the target's logit (not as one), so that maps of sure and of unsure
    predictions differ in scale, as in the paper.
    """
    if images.ndim != 4 or len(images) != len(targets):
        raise InputError(
            f"images of shape {images.shape} with {len(targets)} targets; "
            "expected (n, channels, height, width) and n targets"
        )
    rules = _composite(composite, images)
    device = next(model.parameters()).device
    parts = []
    with Gradient(model=model.eval(), composite=rules) as attributor:
        starts = range(0, len(images), batch_size)
        for start in tqdm(starts, desc="attribution", unit="batch", delay=5, mininterval=5):
            batch = torch.from_numpy(images[start : start + batch_size]).to(device)
            target = torch.as_tensor(targets[start : start + batch_size], device=device)
            parts.append(_explain_batch(attributor, batch, target))
    return Explanation(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def fit_for_analysis(explanation: Explanation) -> tuple[NDArray[np.bool_], dict[int, str]]:
    """Tell which heatmaps can be compared, and why the others (by row) cannot.

    Relevance that is not finite has no distance; maps without any relevance are all alike, and
    would make a cluster of their own out of nothing.
    """
    reasons = {}
    for row, heatmap in enumerate(explanation.heatmap):
        if not np.isfinite(heatmap).all():
            reasons[row] = "relevance is NaN or infinite"
        elif not heatmap.any():
            reasons[row] = "relevance is zero everywhere"
    fit = np.ones(len(explanation.heatmap), dtype=bool)
    fit[list(reasons)] = False
    return fit, reasons


def _explain_batch(
    attributor: Gradient, batch: torch.Tensor, target: torch.Tensor
) -> tuple[NDArray[np.generic], ...]:
    def start_at_logit(output: torch.Tensor) -> torch.Tensor:
        one_hot = torch.nn.functional.one_hot(target.long(), output.shape[1])
        return output.detach() * one_hot

    output, relevance = attributor(batch.requires_grad_(True), start_at_logit)
    logits = output.detach().cpu().numpy()
    own = target.cpu().numpy()
    return (
        relevance.detach().sum(dim=1).cpu().numpy(),
        logits[np.arange(len(logits)), own],
        logits.argmax(axis=1),
        rank_of(logits, own),
    )


def _composite(name: str, images: NDArray[np.float32]) -> Composite:
    if name not in COMPOSITES:
        raise InputError(f"unknown composite '{name}'; expected one of {', '.join(COMPOSITES)}")
    if name == "epsilon_gamma_box":
        # The box of values that a pixel may take: inputs lie in [0, 1].
        shape = (1, *images.shape[1:])
        return COMPOSITES[name](low=torch.zeros(shape), high=torch.ones(shape))
    return COMPOSITES[name]()
