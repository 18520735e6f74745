"""Equality: what is explained is the network itself, and its logits are those of each image alone."""

import numpy as np
import torch
from numpy.typing import NDArray

from unhans.attribution.explainer import Explainer
from unhans.errors import InputError
from unhans.networks import calls
from unhans.networks.canonizers import Canonical
from unhans.networks.registry import Network

SAME = 1e-3
"""Largest difference of outputs or of maps, by their range, that counts as rounding."""


def require_repeatable(network: Network, batch: NDArray[np.float32], name: str) -> float:
    """Refuse a network whose logits are random, or depend on the batch.

    Parameters
    ----------
    network : Network
        In evaluation mode.
    batch : ndarray of float32, shape (n, c, h, w)
        It is run with.
    name : str
        Of the network, for messages.

    Returns
    -------
    float
        The largest absolute logit.

    Raises
    ------
    InputError
        Logits are no numbers, or are not those of the same image again or alone.

    """
    with torch.no_grad():
        given, again = (network.module(torch.tensor(batch)) for _ in range(2))
        alone = _of_one(network, batch, name)
    if not bool(torch.isfinite(given).all()):
        raise InputError(f"network '{name}': its logits are NaN or infinite; expected numbers")
    if alone.shape != given[:1].shape:
        raise InputError(
            f"network '{name}': one image alone gives {tuple(alone.shape)}; expected "
            f"{tuple(given[:1].shape)}. A squeeze() without a dimension takes the images' away"
        )
    span = SAME * max(float((given.max() - given.min()).abs()), 1e-6)
    for other, what in ((again, "at each call"), (alone, "with the other images of a batch")):
        apart = float((given[: len(other)] - other).abs().max())
        if not apart <= span:  # NaN, too
            raise InputError(
                f"network '{name}': its logits differ {what} (by {apart:.3g}); expected the same for "
                "the same image"
            )
    return float(given.abs().max())


def require_equal(network: Network, form: Canonical, batch: NDArray[np.float32], name: str) -> None:
    """Refuse a form that is another function than the network.

    Parameters
    ----------
    network : Network
        In evaluation mode.
    form : Canonical
        Rewritten for LRP.
    batch, name : ndarray, str
        See `require_repeatable`.

    Raises
    ------
    InputError
        It fails, or its logits differ by more than a constant of each image.

    """
    try:
        with torch.no_grad():
            given, found = network.module(torch.tensor(batch)), form.module(torch.tensor(batch))
    except Exception as error:  # a call was taken for another
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            f"network '{name}': rewritten for LRP it fails ({reason}). Return a Network with canonizers "
            "of your own"
        ) from error
    apart, span = _apart(given, found)
    if not apart <= SAME * span:
        _require_no_autocast(network, batch, name, apart)
        raise InputError(
            f"network '{name}': rewritten for LRP its logits differ by {apart:.3g} (they span "
            f"{span:.3g}); expected equal ones. Return a Network with canonizers of your own"
        )


def require_explained(
    network: Network, composite: str, batch: NDArray[np.float32], name: str
) -> None:
    """Refuse a network that gives other logits while it is explained.

    Parameters
    ----------
    network : Network
        In evaluation mode.
    composite : str
        With which it is explained.
    batch, name : ndarray, str
        See `require_repeatable`.

    Raises
    ------
    InputError
        Its logits differ by more than a constant of each image.

    """
    with torch.no_grad():
        given = network.module(torch.tensor(batch))
    with Explainer(network, composite, "zennit"):
        found = network.module(torch.tensor(batch).requires_grad_()).detach()
    apart, span = _apart(given, found)
    if not apart <= SAME * span:
        raise InputError(
            f"network '{name}': while it is explained its logits differ by {apart:.3g} (they span "
            f"{span:.3g}); expected equal ones. Put what its outermost module does by hooks, or by a "
            "__call__ of its own, into its forward; canonizers of your own must keep its outputs"
        )


def _of_one(network: Network, batch: NDArray[np.float32], name: str) -> torch.Tensor:
    try:
        found: torch.Tensor = network.module(torch.tensor(batch[:1]))
    except Exception as error:  # any code may stand there
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            f"network '{name}' fails on one image alone: {reason}; expected a forward for any number"
        ) from error
    return found


def _apart(given: torch.Tensor, found: torch.Tensor) -> tuple[float, float]:
    """Difference of logits, but for a constant of each image (a softmax was taken off); their range."""
    span = max(float(given.max() - given.min()), 1e-6)
    if given.shape != found.shape:
        return float("inf"), span
    shift = (given - found).mean(dim=1, keepdim=True)
    return float((given - found - shift).abs().max()), span


def _require_no_autocast(
    network: Network, batch: NDArray[np.float32], name: str, apart: float
) -> None:
    precision = calls.autocast(network.module, torch.tensor(batch[:1]))
    if precision:
        raise InputError(
            f"network '{name}': its forward computes in {precision} by torch.autocast, and LRP without: "
            f"logits differ by {apart:.3g}; expected a forward that leaves autocast to its caller"
        )
