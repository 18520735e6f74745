"""Networks with drawn weights in which nothing is zero or one by chance of their making."""

import torch
from torch import nn
from torch.nn import functional

SCALES = (1, 4, 16, 64)
NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)


def pictures(n, side, channels=3, seed=0):
    """Draw images with structures of every size, of which white noise has the smallest alone.

    Norms whose statistics are those of white noise have nearly nothing to divide by in later layers.
    """
    generator = torch.Generator().manual_seed(seed)
    found = torch.zeros(n, channels, side, side)
    for scale in SCALES:
        wide = max(1, side // scale)
        noise = torch.randn(n, channels, wide, wide, generator=generator)
        found += functional.interpolate(noise, (side, side), mode="nearest")
    return found / len(SCALES) ** 0.5


def drawn(module, images, seed=0):
    """Draw biases, scales and shifts, and statistics near those of images.

    Heads that are made of zeros get weights, layer scales become 0.5.
    """
    generator = torch.Generator().manual_seed(seed)
    for part in module.modules():
        _draw_weights(part, generator)

    def near(norm, inputs):
        """Draw the statistics of a norm near those of its inputs, which earlier norms have made."""
        values = inputs[0].transpose(0, 1).flatten(1)
        spread = values.var(dim=1)
        _draw(norm.running_var, 0.5, 1.5, generator)
        norm.running_var *= spread
        _draw(norm.running_mean, -0.1, 0.1, generator)
        norm.running_mean *= spread.sqrt()
        norm.running_mean += values.mean(dim=1)

    counted = [norm for norm in module.modules() if getattr(norm, "running_mean", None) is not None]
    handles = [norm.register_forward_pre_hook(near) for norm in counted]
    if handles:
        with torch.no_grad():
            module.eval()(images)
    for handle in handles:
        handle.remove()
    return module.eval()


def _draw_weights(part, generator):
    if isinstance(part, NORMS):
        for parameter, ends in zip(part.parameters(), ((0.5, 1.5), (-0.5, 0.5)), strict=False):
            _draw(parameter, *ends, generator)
        return
    for name, parameter in part.named_parameters(recurse=False):
        if name == "layer_scale":
            parameter.data.fill_(0.5)
        elif name.endswith("bias"):
            _draw(parameter, -0.1, 0.1, generator)
        elif isinstance(part, nn.Linear) and not parameter.any():
            parameter.data.normal_(0, 0.05, generator=generator)


def _draw(tensor, low, high, generator):
    drawn_ = torch.rand(tensor.shape, generator=generator) * (high - low) + low
    tensor.data.copy_(drawn_)
