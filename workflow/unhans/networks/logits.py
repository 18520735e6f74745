"""Logits: a network of anyone's is made to give them, whatever its last step is."""

from typing import Any

import torch
from torch import nn

from unhans.errors import ConfigError, NotCoveredError
from unhans.networks import calls, endings
from unhans.networks.endings import SQUASHING
from unhans.networks.outputs import Logits, candidates, chosen, first_tensor

TOLERANCE = 1e-4
"""Largest distance of a sum of probabilities from one."""

MANY = 8
"""Images of noise with which several outputs are compared."""


def as_logits(module: nn.Module, images: torch.Tensor, name: str) -> tuple[nn.Module, list[str]]:
    """Make a network give logits of at least two classes.

    Parameters
    ----------
    module : Module
        In evaluation mode.
    images : Tensor, shape (n, c, h, w)
        With which its output is looked at.
    name : str
        Of the network, for messages.

    Returns
    -------
    module : Module
        The same where its output is logits already, else a `Logits`.
    remarks : list of str
        What was taken for what.

    Raises
    ------
    ConfigError
        The network fails, gives no tensor of shape (n, classes), or computes something behind its
        last weights that neither keeps logits nor is a softmax or sigmoid at its end.

    """
    shape = tuple(images.shape)
    try:
        with torch.no_grad():
            given = module(images)
    except Exception as error:  # any code may stand there
        reason = str(error).strip().split("\n")[0]
        raise ConfigError(f"network '{name}' fails on an input of {shape}: {reason}") from error
    found = _logits_of(given, images, name)
    remarks = []
    if first_tensor(given) is not given:
        _require_one(module, given, images, name)
        kind = type(given).__name__
        remarks.append(f"its output is a {kind}; the logits are taken out of it ({chosen(given)})")
    squashed, signed = _squashed(module, found, images, name)
    if signed:
        remarks.append(
            f"it calls {signed} behind its last weights; maps are those of the values below"
        )
    if squashed:
        remarks.append(f"it ends in a {squashed}; the logits below it are explained")
    one = found.shape[1] == 1
    if one:
        remarks.append("its one output z is read as the logits (-z, z) of two classes")
    if not remarks:
        return module, []
    undone = squashed if squashed in ("softmax", "sigmoid") else ""
    return Logits(module, undone, one).eval(), remarks


def _logits_of(given: Any, images: torch.Tensor, name: str) -> torch.Tensor:
    """Take the logits out of what a network gives, or refuse it."""
    found = first_tensor(given)
    if not isinstance(found, torch.Tensor):
        raise ConfigError(
            f"network '{name}' gives a {type(given).__name__}; expected a torch.nn.Module from "
            "images to one tensor of logits, or to a tuple, a mapping or an object that has one"
        )
    named = candidates(given)
    several = list(named.values())
    alike = len({one.shape for one in several}) <= 1  # such as logits and auxiliary ones
    if not alike or (several and several[0] is not found):
        shapes = ", ".join(f"{key} {tuple(one.shape)}" for key, one in named.items())
        raise ConfigError(
            f"network '{name}' gives several tensors, of which {shapes} could be logits; expected one "
            "alone, or a key or field 'logits': let your function wrap the network in a module that "
            "returns one of them"
        )
    if not found.is_floating_point():
        raise ConfigError(
            f"network '{name}' gives {found.dtype}; expected logits, which are floats"
        )
    column = found[:, None] if found.ndim == 1 else found
    if column.ndim != 2 or len(column) != len(images):
        raise ConfigError(
            f"network '{name}' gives an output of {tuple(found.shape)} for an input of "
            f"{tuple(images.shape)}; expected ({len(images)}, classes)"
        )
    return column


def _require_one(module: nn.Module, given: Any, images: torch.Tensor, name: str) -> None:
    """Refuse several tensors that could be logits and that order the classes differently."""
    named = list(candidates(given))
    if len(named) < 2:
        return
    shape = (MANY, *images.shape[1:])
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        given = [value.double() for value in candidates(module(noise)).values()]
    found = [one if one.ndim > 1 else one[:, None] for one in given]
    # Of one column the images are ordered, and of several the classes of each image.
    orders = [one.argsort(dim=1 if one.shape[1] > 1 else 0) for one in found]
    if all(torch.equal(one, orders[0]) for one in orders):
        return
    said = "(n,)" if given[0].ndim == 1 else f"(n, {found[0].shape[1]})"
    raise ConfigError(
        f"network '{name}' gives {len(named)} tensors of {said}: {', '.join(named)}; "
        "expected one, or a key or field 'logits': let your function wrap the network in a module that "
        "returns one of them"
    )


def _squashed(
    module: nn.Module, found: torch.Tensor, images: torch.Tensor, name: str
) -> tuple[str, str]:
    """Name the step that made probabilities of logits, and functions that only scale them.

    Both are empty for logits.
    """
    seen = ending(module, images)
    if seen.faults:
        raise ConfigError(f"network '{name}' {refusal(seen)}")
    many, values = found.shape[1] > 1, found.double()
    inside = bool(((values >= 0) & (values <= 1)).all())
    sums = {
        "probabilities": many and inside and _are_one(values.sum(dim=1)),
        "logarithms of probabilities": many and _are_one(values.exp().sum(dim=1)),
    }
    for what, true in sums.items():
        if true and not seen.squashed:
            raise ConfigError(
                f"network '{name}' gives {what} (rows of {tuple(found.shape)} sum to 1), and its "
                f"last step is {seen.last or 'not known'}; expected logits, or a softmax at the end"
            )
    return seen.squashed, " and ".join(dict.fromkeys(seen.signed))


def ending(module: nn.Module, images: torch.Tensor) -> endings.Ending:
    """Look at what a network computes behind its last weights, traced or by watching it run.

    Parameters
    ----------
    module : Module
        In evaluation mode.
    images : Tensor, shape (n, c, h, w)
        It is run with.

    Returns
    -------
    Ending

    """
    try:
        return endings.ending(module, images)
    except NotCoveredError:
        tail = calls.tail(module, images)
        return endings.Ending("", tuple(endings.judged(tail)), tail[-1][0] if tail else "")


def refusal(seen: endings.Ending) -> str:
    """Say why the output of a network is taken for no logits.

    Parameters
    ----------
    seen : Ending
        With faults.

    Returns
    -------
    str
        What follows on the network's name.

    """
    function, said = seen.faults[0]
    if function in SQUASHING.values():
        return (
            f"seems to give probabilities (a {function} lies below its last step "
            f"'{seen.last or 'not known, since it cannot be traced'}': {said}); expected logits, or a "
            "softmax or sigmoid as the last step"
        )
    last = function == seen.last
    place = f"ends in {function}" if last else f"computes {function} behind its last weights"
    return (
        f"{place} ({said}), which makes no logits or is not known to keep them; expected the values "
        "below it, or a softmax or sigmoid at the end"
    )


def _are_one(sums: torch.Tensor) -> bool:
    return bool(((sums - 1).abs() < TOLERANCE).all())
