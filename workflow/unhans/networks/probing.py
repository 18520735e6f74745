"""Probing: one image shows whether a network takes what a caller gives it, before all are computed."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unhans.checks import as_array, shown
from unhans.errors import InputError, one_line
from unhans.networks import logits
from unhans.networks.inference import device_of, evaluating
from unhans.networks.outputs import first_tensor, tensors_of
from unhans.types import Array

EXPECTED = "(n, channels, height, width)"

NOT_OURS = (MemoryError, torch.OutOfMemoryError, getattr(torch, "AcceleratorError", MemoryError))
"""Errors of the machine: they say nothing about the images."""


def require_module(model: Any) -> nn.Module:
    """Refuse what is no network, or one whose layers cannot be looked at.

    Parameters
    ----------
    model : Module
        What a caller gave.

    Returns
    -------
    Module

    Raises
    ------
    InputError
        It is none.

    """
    if isinstance(model, torch.jit.ScriptModule):
        raise InputError("model is compiled by torch.jit; expected the torch.nn.Module before that")
    if not isinstance(model, nn.Module):
        raise InputError(
            f"model is {shown(model)}; expected a torch.nn.Module from images to logits"
        )
    return model


def as_inputs(images: Array, name: str = "images") -> NDArray[np.float32]:
    """Check images, and convert them to float32.

    Parameters
    ----------
    images : ndarray of float or int, shape (n, c, h, w)
        Inputs of a network. float32 is taken as it is.
    name : str
        Of the argument.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    Raises
    ------
    InputError
        There are no images, or shape or type do not fit.

    """
    array = as_array(images, name, EXPECTED)
    if array.ndim == 4 and not len(array):
        raise InputError(f"there are no {name}; expected at least one")
    if array.ndim != 4 or not array.size:
        raise InputError(f"{name} have shape {array.shape}; expected {EXPECTED}")
    if array.dtype.kind not in "iuf":
        raise InputError(f"{name} of type {array.dtype}; expected float or integer")
    with np.errstate(over="ignore"):  # what becomes infinite is refused as such
        return array.astype(np.float32, copy=False)


def output_of_first(model: nn.Module, images: NDArray[np.float32]) -> Any:
    """Compute the output of a network for the first of some images.

    Parameters
    ----------
    model : Module
        It is evaluated; its mode stays as it is.
    images : ndarray of float32, shape (n, c, h, w)
        Inputs of the network, at least one.

    Returns
    -------
    any
        Whatever the network gives.

    Raises
    ------
    InputError
        The network fails: the message has its reason, and what it seems to expect.

    """
    first = torch.from_numpy(np.ascontiguousarray(images[:1])).to(device_of(model))
    with evaluating(model), torch.no_grad():
        try:
            return model(first)
        except NOT_OURS:
            raise
        except Exception as error:  # any code may stand there
            shape = f"(n, {', '.join(map(str, images.shape[1:]))})"
            raise InputError(
                f"the network cannot compute images of shape {shape}: "
                f"{one_line(error, 200).rstrip('.')}; expected {_expected(model, images)}"
            ) from error


def count_classes(model: nn.Module, images: NDArray[np.float32]) -> int:
    """Count the logits that a network gives.

    Parameters
    ----------
    model : Module
        From images to logits.
    images : ndarray of float32, shape (n, c, h, w)
        Inputs of the network; the first is computed.

    Returns
    -------
    int

    Raises
    ------
    InputError
        The network fails, gives no tensor of logits, or several that could be, or values that are no
        logits.

    """
    given = output_of_first(model, images)
    found, candidates = first_tensor(given), tensors_of(given)
    if not isinstance(found, torch.Tensor):
        what = f"a {type(given).__name__}"
    elif candidates and (candidates[0] is not found or len({one.shape for one in candidates}) > 1):
        what = f"several tensors ({', '.join(str(tuple(one.shape)) for one in candidates)})"
    elif found.ndim != 2 or len(found) != 1 or not found.is_floating_point():
        what = f"{str(found.dtype).removeprefix('torch.')} of shape {tuple(found.shape)}"
    elif fault := _no_logits(model, found, images):
        raise InputError(f"the network {fault}")
    else:
        return int(found.shape[1])
    raise InputError(
        f"the network gives {what} for one image; expected logits, of shape (1, classes)"
    )


def _no_logits(model: nn.Module, found: torch.Tensor, images: NDArray[np.float32]) -> str:
    """Say why an output is no logits; empty where it is, or has both signs."""
    if bool((found > 0).any()) and bool((found < 0).any()):
        return ""  # what changes signs at the end of a network leaves one of them
    first = torch.from_numpy(np.ascontiguousarray(images[:1])).to(device_of(model))
    with evaluating(model):
        seen = logits.ending(model, first)
    if seen.faults:
        return logits.refusal(seen)
    if seen.squashed in ("softmax", "sigmoid"):
        return (
            f"ends in a {seen.squashed} and gives probabilities; expected logits, as it gives them "
            f"without the {seen.squashed}"
        )
    return ""


def _expected(model: nn.Module, images: NDArray[np.float32]) -> str:
    """Say what a network takes, as far as its layers show it."""
    other = {one.dtype for one in model.parameters() if one.is_floating_point()} - {torch.float32}
    if other:
        return "a network of single precision, as model.float() makes it"
    name, first = next(
        ((name, one) for name, one in model.named_modules() if isinstance(one, nn.Conv2d)),
        ("", None),
    )
    if first is None or first.in_channels == images.shape[1]:
        return "images of the size that the network takes"
    last = images.shape[3] == first.in_channels
    return f"{first.in_channels} channels, as layer '{name}' takes" + (
        ", in the second place: images.transpose(0, 3, 1, 2)" if last else ""
    )
