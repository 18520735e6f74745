"""Network: predicts kernels for each pixel of each frame of a burst, from the whole burst.

It is an encoder and a decoder of blocks of three 3 x 3 convolutions: 64, 128, 256, 512 and 512 channels
on levels that are halved by averages, then 512, 256 and as many as the kernels have numbers on the way
up, each level joined with the one of the way down (Mildenhall et al. 2018, arXiv:1712.02327; Marinc et
al. 2019, arXiv:1902.05392). One kernel size makes it a kernel prediction network, several make it a
multi-kernel one.

Two things are our own here. The last 1 x 1 convolution is given the features of the first block as well:
in images of 28 pixels, kernels of half the resolution cannot follow a stroke. And training starts from
kernels of which the mean is the first frame, whose image it is, or with kernels that return each frame
where each has a loss of its own.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from unhans.correction.restoration import kernels
from unhans.errors import InputError

CHANNELS = (64, 128, 256, 512, 512)
"""Of the blocks on the way down, for a width of 1."""

UPWARD = (512, 256)
"""Of the first blocks on the way up; the last has those of the kernels."""

FEWEST = 8
"""Channels of the narrowest block."""

STRIDE = 16
"""Sides of images are padded to a multiple of it: four levels halve them."""

SMALL = 0.01
"""Factor of the last layer's first weights, so that its bias decides what the first kernels are."""


@dataclass(frozen=True)
class Architecture:
    """What a network is built from.

    Parameters
    ----------
    burst : int
        Frames of a burst.
    colours : int
        1 for grey images, 3 for colour.
    sizes : tuple of int
        Sides of the kernels in pixels, all odd.
    width : float
        Factor of all channels; 1 as published.
    blind : bool
        Whether the noise of the frames is unknown; else the network is given its standard deviation for
        each pixel.

    """

    burst: int = 1
    colours: int = 1
    sizes: tuple[int, ...] = (1, 3, 5, 7, 9)
    width: float = 1.0
    blind: bool = True


class Denoised(NamedTuple):
    """What a network makes of bursts.

    Parameters
    ----------
    image : Tensor, shape (b, c, h, w)
        The mean of the filtered frames.
    frames : Tensor, shape (b, n, c, h, w)
        Each frame, filtered.

    """

    image: Tensor
    frames: Tensor


class BurstDenoiser(nn.Module):
    """Predicts kernels for each pixel of each frame, and filters the frames by them.

    Parameters
    ----------
    architecture : Architecture
        Frames, colours, sizes of kernels and width.
    each : bool
        Whether the first kernels return each frame; else their mean is the first frame.

    Raises
    ------
    InputError
        A burst holds no frame, or images are of another number of colours than 1 and 3.

    """

    def __init__(self, architecture: Architecture, each: bool = False) -> None:
        super().__init__()
        if architecture.burst < 1 or architecture.colours not in (1, 3):
            raise InputError(
                f"bursts of {architecture.burst} frames of {architecture.colours} colours; expected "
                "one frame at least, of 1 or 3 colours"
            )
        self.architecture = architecture
        per_frame = kernels.count(architecture.sizes)
        given = architecture.colours * (architecture.burst + (not architecture.blind))
        made = architecture.burst * per_frame

        def scaled(channels: int) -> int:
            return max(FEWEST, round(architecture.width * channels))

        down = [scaled(channels) for channels in CHANNELS]
        up = [scaled(channels) for channels in (*UPWARD, made)]
        self.down = nn.ModuleList(
            _block(before, after) for before, after in zip([given, *down[:-1]], down, strict=True)
        )
        below = [down[-1], *up[:-1]]
        joined = zip(below, down[3:0:-1], up, strict=True)
        self.up = nn.ModuleList(_block(lower + beside, after) for lower, beside, after in joined)
        self.last = nn.Conv2d(up[-1] + down[0], made, 1)
        self._start(each)

    def forward(self, frames: Tensor, deviation: Tensor | None = None) -> Denoised:
        """Filter bursts.

        Parameters
        ----------
        frames : Tensor, shape (b, n, c, h, w)
            Values from 0 to 1; the first frame of each burst is the one that the image is of.
        deviation : Tensor, shape (b, c, h, w), optional
            Standard deviation of the first frame's noise; of a network that is not blind.

        Returns
        -------
        Denoised

        Raises
        ------
        InputError
            Frames or deviation are not what the network was built for.

        """
        coefficients = self.coefficients(frames, deviation)
        single = kernels.filtered(frames, kernels.fused(coefficients, self.architecture.sizes))
        return Denoised(single.mean(dim=1), single)

    def coefficients(self, frames: Tensor, deviation: Tensor | None = None) -> Tensor:
        """Predict the numbers of all kernels.

        Parameters
        ----------
        frames, deviation : Tensor
            As `forward` takes them.

        Returns
        -------
        Tensor, shape (b, n, 2 * sum of sizes, h, w)

        Raises
        ------
        InputError
            As `forward` raises it.

        """
        seen = self._joined(frames, deviation)
        height, width = seen.shape[2:]
        padding = (0, -width % STRIDE, 0, -height % STRIDE)
        levels = [self.down[0](functional.pad(seen, padding, mode="replicate"))]
        for block in list(self.down)[1:]:
            levels.append(block(functional.avg_pool2d(levels[-1], 2)))
        found: Tensor = levels[-1]
        for block, beside in zip(self.up, levels[3:0:-1], strict=True):
            found = block(torch.cat([_doubled(found), beside], dim=1))
        made: Tensor = self.last(torch.cat([_doubled(found), levels[0]], dim=1))
        made = made[..., :height, :width]
        per_frame = kernels.count(self.architecture.sizes)
        return made.reshape(len(frames), self.architecture.burst, per_frame, height, width)

    def _joined(self, frames: Tensor, deviation: Tensor | None) -> Tensor:
        """Frames, and the deviation where it is known, as channels of one image."""
        own = self.architecture
        if frames.ndim != 5 or frames.shape[1:3] != (own.burst, own.colours):
            raise InputError(
                f"frames of shape {tuple(frames.shape)}; expected (bursts, {own.burst}, {own.colours}, "
                "height, width), for which this network was trained"
            )
        channels = frames.flatten(1, 2)
        if own.blind:
            return channels
        if deviation is None or deviation.shape != frames[:, 0].shape:
            raise InputError(
                "a network for known noise without the noise's standard deviation; expected one for "
                "each pixel of a frame"
            )
        return torch.cat([channels, deviation], dim=1)

    def _start(self, each: bool) -> None:
        """Draw the weights and the first kernels."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.xavier_normal_(layer.weight)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        sizes = self.architecture.sizes
        burst = self.architecture.burst
        centres = torch.cat([torch.arange(size) == size // 2 for size in sizes]).float()
        first = centres.repeat(burst, 2, 1)
        if not each:
            first[0, 0] *= burst  # the image is the mean over frames, and the others are zero
            first[1:] = 0
        with torch.no_grad():
            self.last.weight *= SMALL
            self.last.bias.copy_(first.flatten())  # type: ignore[union-attr]


def build(architecture: Architecture, seed: int, each: bool = False) -> BurstDenoiser:
    """Make a network with freshly drawn weights.

    Parameters
    ----------
    architecture : Architecture
        What it is built from.
    seed : int
        Of the weights.
    each : bool
        See `BurstDenoiser`.

    Returns
    -------
    BurstDenoiser

    Raises
    ------
    InputError
        As `BurstDenoiser` raises it.

    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return BurstDenoiser(architecture, each)


def _block(before: int, after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (before, after, after):
        layers += [nn.Conv2d(channels, after, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers)


def _doubled(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)
