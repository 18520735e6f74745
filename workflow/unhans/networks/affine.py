"""Affine: constants that a network adds to the channels of a convolution, or multiplies them by.

A batch norm written out (``x * scale + shift``, with statistics that are fixed) is merged into the
convolution before it, as a layer of batch norm is.
"""

from typing import Any

import torch
from torch import fx, nn

from unhans.networks import graph
from unhans.networks.call_table import Site, given_to

SUMS, PRODUCTS, QUOTIENTS = (
    *(("add", "sub", "subtract", "rsub"), ("mul", "multiply")),
    ("div", "truediv", "true_divide", "divide"),
)


class Affine(nn.BatchNorm2d):
    """Multiplies channels by constants and adds constants: a batch norm of mean 0 and variance 1.

    Parameters
    ----------
    channels : int
        How many there are.

    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=0)

    def scale(self, factor: torch.Tensor) -> None:
        """Multiply each channel.

        Parameters
        ----------
        factor : Tensor, shape (channels,)
            By what.

        """
        self.weight.data *= factor
        self.bias.data *= factor

    def shift(self, summand: torch.Tensor) -> None:
        """Add to each channel.

        Parameters
        ----------
        summand : Tensor, shape (channels,)
            What.

        """
        self.bias.data += summand


def fold(site: Site, node: fx.Node) -> bool:
    """Make a sum or product of a convolution and constants of its channels a batch norm.

    Parameters
    ----------
    site : Site
        The network that is being rewritten.
    node : Node
        Any call of a function or method.

    Returns
    -------
    bool
        Whether it was one.

    """
    name = graph.function_name(node)
    if name not in (*SUMS, *PRODUCTS, *QUOTIENTS) or node.kwargs.get("alpha", 1) != 1:
        return False
    given = given_to(node, "input", "other")
    operands: list[Any] = [given.get("input"), given.get("other")]
    places = [k for k, one in enumerate(operands) if isinstance(one, fx.Node) and one in site.data]
    if len(places) != 1 or len(operands[places[0]].users) != 1:
        return False
    source, other = operands[places[0]], operands[1 - places[0]]
    layer = _layer(site.module, source)
    wide = layer.num_features if isinstance(layer, Affine) else getattr(layer, "out_channels", 0)
    constant = _of_channels(site.module, other, wide) if wide else None
    if constant is None or (name in QUOTIENTS and places == [1]):
        return False
    made = layer if isinstance(layer, Affine) else Affine(wide).eval().to(constant)
    _apply(made, name, places[0], constant)
    if made is layer:
        node.replace_all_uses_with(source)
        site.module.graph.erase_node(node)
    else:
        site.replace(node, made, source)
    return True


def _apply(made: Affine, name: str, place: int, constant: torch.Tensor) -> None:
    if name in PRODUCTS:
        made.scale(constant)
    elif name in QUOTIENTS:
        made.scale(1 / constant)
    elif name == "add":
        made.shift(constant)
    else:  # "rsub" takes its first argument from its second
        if (place == 1) != (name == "rsub"):
            made.scale(torch.tensor(-1.0))
            made.shift(constant)
        else:
            made.shift(-constant)


def _layer(module: Any, node: fx.Node) -> Any:
    """The convolution or `Affine` that a node calls, and nothing else does; None for anything else."""
    if node.op != "call_module":
        return None
    calls = [
        one for one in module.graph.nodes if one.op == "call_module" and one.target == node.target
    ]
    found = module.get_submodule(str(node.target))
    return found if isinstance(found, nn.Conv2d | Affine) and len(calls) == 1 else None


def _of_channels(module: nn.Module, value: object, channels: int) -> torch.Tensor | None:
    """A number, or one for each channel of an image, as (channels,); None for anything else."""
    try:
        found = torch.as_tensor(graph.constant(module, value))
    except Exception:  # what hangs on the shape of images is not known
        return None
    if not found.is_floating_point() and found.dtype not in (torch.int64, torch.int32):
        return None
    found = found.detach().float()
    each = (
        found.ndim in (3, 4) and found.shape[-3:] == (channels, 1, 1) and found.numel() == channels
    )
    if not each and found.numel() != 1:
        return None
    return found.reshape(-1).expand(channels).clone()
