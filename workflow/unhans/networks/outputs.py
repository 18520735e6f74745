"""Outputs: what a network gives, read as logits of at least two classes."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

TINY = torch.finfo(torch.float32).tiny
"""Least probability whose logarithm is taken."""


NAMED = ("logits", "out")
"""Keys of logits."""

DEPTH = 4
"""Containers within each other that are looked into."""


class Unsquash(nn.Module):
    """Undoes the last step of a network that gives probabilities.

    Parameters
    ----------
    kind : str
        ``softmax`` for probabilities p that sum to one, of which log p are the logits but for a
        constant of each image; ``sigmoid`` for those of independent classes, whose logits are
        log p - log(1 - p).

    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, found: torch.Tensor) -> torch.Tensor:
        """Compute logits.

        Parameters
        ----------
        found : Tensor, shape (n, classes)
            Probabilities.

        Returns
        -------
        Tensor, shape (n, classes)

        """
        logits = found.clamp(min=TINY).log()
        return logits - (1 - found).clamp(min=TINY).log() if self.kind == "sigmoid" else logits


class Logits(nn.Module):
    """A network whose output is read as logits of at least two classes.

    Parameters
    ----------
    network : Module
        Gives anything that `first_tensor` reads.
    squashed : str
        ``softmax`` or ``sigmoid`` where the network gives probabilities; else empty.
    one : bool
        The network has one output z, (n, 1) or (n,), which becomes the logits (-z, z).

    """

    def __init__(self, network: nn.Module, squashed: str = "", one: bool = False) -> None:
        super().__init__()
        self.network = network
        self.unsquash = Unsquash(squashed) if squashed else nn.Identity()
        self.one = one

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Compute the logits.

        Parameters
        ----------
        images : Tensor, shape (n, c, h, w)
            As the network takes them.

        Returns
        -------
        Tensor, shape (n, classes)

        """
        found: torch.Tensor = self.unsquash(first_tensor(self.network(images)))
        if not self.one:
            return found
        column = found.reshape(-1, 1)  # some give a number for each image
        return torch.cat((-column, column), dim=1)


def has_own_call(module: nn.Module) -> bool:
    """Whether a module does more when it is called than its forward and its hooks do.

    Parameters
    ----------
    module : Module
        The network.

    Returns
    -------
    bool

    """
    own = type(module).__call__ is not nn.Module.__call__
    return own and not isinstance(module, torch.fx.GraphModule)  # which only reports errors by it


def enclosed(module: nn.Module) -> nn.Module:
    """Enclose a network that has a ``__call__`` of its own, so that it is traced with it.

    Parameters
    ----------
    module : Module
        The network.

    Returns
    -------
    Module
        A `Logits`, or the same.

    """
    return Logits(module).eval() if has_own_call(module) else module


def first_tensor(output: Any) -> Any:
    """Take the logits out of what a network gives.

    Parameters
    ----------
    output : any
        A tensor; an object or a mapping with ``logits``, or a mapping with ``out``; a tuple or list of
        which the first that is no None counts; a mapping, of which the first value counts.

    Returns
    -------
    any
        The tensor where there is one, else what was given.

    """
    found = output
    for _ in range(DEPTH):
        if isinstance(found, torch.Tensor | torch.fx.Proxy):
            return found
        if isinstance(found, Mapping):
            named = [found[key] for key in NAMED if key in found]
            found = next(iter(named or found.values()), None)
        elif getattr(found, "logits", None) is not None:
            found = found.logits
        elif isinstance(found, tuple | list):
            found = next((one for one in found if one is not None), None)
    return output


def tensors_of(output: Any) -> list[torch.Tensor]:
    """Find the tensors that could be logits, where an output does not name them.

    Parameters
    ----------
    output : any
        See `first_tensor`.

    Returns
    -------
    list of Tensor, shape (n, classes) each
        Of a tuple, a list or a mapping; empty where ``logits`` or ``out`` names them.

    """
    return list(candidates(output).values())


def candidates(output: Any) -> dict[str, torch.Tensor]:
    """Find the tensors that could be logits, and what each is called.

    Parameters
    ----------
    output : any
        See `first_tensor`.

    Returns
    -------
    dict of str to Tensor, shape (n, classes) each
        By keys in quotes and numbers from 0, from the outside in; of shape (n,) where the first is. See
        `tensors_of`.

    """
    found = first_tensor(output)
    if not isinstance(found, torch.Tensor):
        return {}
    # Nested ones count where they could be taken for the first: others are features, or for training.
    return {
        " ".join(path): one
        for path, one in _leaves(output)
        if isinstance(one, torch.Tensor) and one.ndim == min(found.ndim, 2)
        if (one.shape == found.shape if len(path) > 1 else path and path[0] not in _NAMED)
    }


_NAMED = frozenset(map(repr, NAMED))
"""As `_leaves` names logits."""


def _leaves(output: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Parts of an output that are not taken apart further, with the way to each."""
    parts: dict[str, Any] = {}
    if len(path) < DEPTH and isinstance(output, Mapping):
        named = [key for key in NAMED if key in output][:1]
        parts = {repr(key): output[key] for key in named or output}
    elif len(path) < DEPTH and getattr(output, "logits", None) is not None:
        parts = {repr("logits"): output.logits}
    elif len(path) < DEPTH and isinstance(output, tuple | list):
        parts = {str(place): one for place, one in enumerate(output)}
    else:
        yield path, output
    for key, one in parts.items():
        yield from _leaves(one, (*path, key))


def chosen(output: Any) -> str:
    """Say where in an output the logits are.

    Parameters
    ----------
    output : any
        See `first_tensor`.

    Returns
    -------
    str
        A key in quotes, or a number.

    """
    if isinstance(output, Mapping):
        return repr(next((key for key in (*NAMED, *output) if key in output), None))
    if getattr(output, "logits", None) is not None:
        return "'logits'"
    return f"number {next((k for k, one in enumerate(output) if one is not None), 0)}"


def raw(module: nn.Module) -> nn.Module:
    """Give the network whose weights are kept.

    Parameters
    ----------
    module : Module
        Perhaps a `Logits`.

    Returns
    -------
    Module
        The network within.

    """
    return module.network if isinstance(module, Logits) else module
