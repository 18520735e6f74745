"""Layout: the order of a network's weights in memory, as a CPU multiplies them fastest."""

import torch
from torch import nn

from unhans.images.transform import Transform

RELATIVE, ABSOLUTE = 1e-3, 1e-4
"""Up to which answers are the same."""


def lay_channels_last(module: nn.Module, transform: Transform) -> None:
    """Lay the weights of convolutions out with channels last, if the network allows it.

    On a CPU depthwise convolutions are fastest so. The network computes the same, up to rounding: it is
    tried on noise, and one whose code depends on the order of memory keeps the usual one.

    Parameters
    ----------
    module : Module
        In evaluation mode, on the CPU.
    transform : Transform
        Of the network; images of its size are tried.

    """
    size = (2, transform.channels, transform.crop, transform.crop)
    images = torch.randn(size, generator=torch.Generator().manual_seed(0))
    before = _answer(module, images)
    _lay_out(module, torch.channels_last)
    after = _answer(module, images)
    if before is None or after is None or not torch.allclose(before, after, RELATIVE, ABSOLUTE):
        lay_usual(module)


def lay_usual(module: nn.Module) -> None:
    """Lay the weights of convolutions out as they are made and saved.

    Parameters
    ----------
    module : Module
        Anywhere.

    """
    _lay_out(module, torch.contiguous_format)


def _answer(module: nn.Module, images: torch.Tensor) -> torch.Tensor | None:
    """Answer images; None where the network cannot, or gives no tensor: real images will say why."""
    try:
        with torch.no_grad():
            found = module(images)
    except Exception:
        return None
    return found if isinstance(found, torch.Tensor) else None


def _lay_out(module: nn.Module, layout: torch.memory_format) -> None:
    for weight in module.parameters():
        if weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=layout)
