"""Layout: the order of a network's weights in memory, as a CPU multiplies them fastest."""

import torch
from torch import nn

from unhans.images.transform import Transform


def lay_channels_last(module: nn.Module, transform: Transform) -> None:
    """Lay the weights of convolutions out with channels last, if the network allows it.

    On a CPU depthwise convolutions are fastest so. The network computes the same, up to rounding.

    Parameters
    ----------
    module : Module
        In evaluation mode, on the CPU.
    transform : Transform
        Of the network; images of its size are tried.

    """
    _lay_out(module, torch.channels_last)
    try:
        with torch.no_grad():
            module(torch.zeros(2, transform.channels, transform.crop, transform.crop))
    except RuntimeError:  # its code needs the usual layout, as Tensor.view may
        lay_usual(module)


def lay_usual(module: nn.Module) -> None:
    """Lay the weights of convolutions out as they are made and saved.

    Parameters
    ----------
    module : Module
        Anywhere.

    """
    _lay_out(module, torch.contiguous_format)


def _lay_out(module: nn.Module, layout: torch.memory_format) -> None:
    for weight in module.parameters():
        if weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=layout)
