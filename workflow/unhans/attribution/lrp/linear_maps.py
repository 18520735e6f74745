"""Convolutions and dense layers as linear maps, which LRP's rules apply with weights of their own."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from unhans.errors import NotCoveredError

EPSILON = 1e-6
"""Of the epsilon rule and of every stabiliser, as in zennit."""

LAYOUT = torch.channels_last
"""Of images and kernels in the backward pass: on a CPU it makes VGG-16 a tenth faster (measured).

The forward pass keeps the network's own layout, and so its very numbers. Another order of summation
changes values within rounding of zero and ties of a maximum: on random networks one image in ten
then differs from zennit by more than 1e-4 of the map's maximum.
"""

NO_MARGIN: tuple[int, ...] = (0, 0, 0, 0)
"""Zeros on the left, on the right, above and below an image."""


class LinearMap(ABC):
    """A convolution or a dense layer, applied with any weights, forwards and transposed.

    Methods of `Dense` and `Convolution` take and return what is described here.

    Parameters
    ----------
    layer : Conv2d or Linear
        It is read once. Its tensors outlive what a canonizer puts into the layer and takes out.
    dtype : torch.dtype
        Of the computation.

    """

    def __init__(self, layer: nn.Conv2d | nn.Linear, dtype: torch.dtype) -> None:
        self._weight, self._dtype = layer.weight.detach(), dtype
        self.bias = None if layer.bias is None else layer.bias.detach().to(dtype)

    @abstractmethod
    def apply(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Apply the layer with other weights.

        Parameters
        ----------
        x : Tensor, shape (n, ...)
            Inputs of the layer.
        weight : Tensor
            Of the shape of the layer's own.
        bias : Tensor, shape (outputs,), optional
            Nothing is added by default.

        Returns
        -------
        Tensor, shape (n, ...)
            Outputs.

        """

    @abstractmethod
    def transposed(self, outputs: Tensor, weight: Tensor, x: Tensor) -> Tensor:
        """Apply the transposed layer with other weights.

        Parameters
        ----------
        outputs : Tensor, shape (n, ...)
            A value for each output.
        weight : Tensor
            Of the shape of the layer's own.
        x : Tensor, shape (n, ...)
            Inputs of the layer; only their shape counts.

        Returns
        -------
        Tensor, shape of ``x``
            A value for each input.

        """

    @abstractmethod
    def flat(self, relevance: Tensor, x: Tensor) -> Tensor:
        """Spread the relevance of each output evenly over its receptive field.

        Parameters
        ----------
        relevance : Tensor, shape (n, ...)
            Of the outputs.
        x : Tensor, shape (n, ...)
            Inputs of the layer; only their shape counts.

        Returns
        -------
        Tensor, shape of ``x``
            Relevance of the inputs.

        """

    # Made at first use, so that `covers` copies no weights.

    @cached_property
    def weight(self) -> Tensor:
        """The layer's own weights.

        Returns
        -------
        Tensor
            Of the shape of the layer's weights.
        """
        return self._weight.to(self._dtype)

    @cached_property
    def positive(self) -> Tensor:
        """The positive part of the weights.

        Returns
        -------
        Tensor
            Of the shape of the layer's weights.
        """
        return laid_out(self.weight.clamp(min=0))

    @cached_property
    def negative(self) -> Tensor:
        """The negative part of the weights.

        Returns
        -------
        Tensor
            Of the shape of the layer's weights.
        """
        return laid_out(self.weight.clamp(max=0))

    @cached_property
    def stable_bias(self) -> Tensor:
        """The positive part of the bias plus the stabiliser.

        A sum that is not negative gets its stabiliser with the bias, at no cost.

        Returns
        -------
        Tensor, shape (outputs,)
        """
        bias = self.weight.new_zeros(len(self.weight)) if self.bias is None else self.bias
        return bias.clamp(min=0) + EPSILON


class Dense(LinearMap):
    """A dense layer; see `LinearMap`."""

    def apply(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return x W^T + b."""
        return functional.linear(x, weight, bias)

    def transposed(self, outputs: Tensor, weight: Tensor, x: Tensor) -> Tensor:
        """Return the outputs times W."""
        return outputs @ weight

    def flat(self, relevance: Tensor, x: Tensor) -> Tensor:
        """Give every input the same relevance."""
        return (relevance.sum(-1, keepdim=True) / (x.shape[-1] + EPSILON)).expand_as(x).clone()


class Convolution(LinearMap):
    """A convolution; see `LinearMap`.

    Parameters
    ----------
    layer : Conv2d
        With zeros as padding, or EfficientNet-Lite's, which pads by the size of its input.
    dtype : torch.dtype
        Of the computation.
    margin : tuple of int
        Zeros that the layer's own forward puts around its input: left, right, top, bottom.

    Raises
    ------
    NotCoveredError
        The layer pads by anything but zeros, or one side more than the other.

    """

    def __init__(
        self, layer: nn.Conv2d, dtype: torch.dtype, margin: tuple[int, ...] = NO_MARGIN
    ) -> None:
        super().__init__(layer, dtype)
        self._stride, self._dilation = list(layer.stride), list(layer.dilation)
        self._padding, self._groups = _padding(layer), layer.groups
        self._own_margin = margin
        self._pads_by_size = is_same_padded(layer)

    def apply(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Convolve."""
        return self._convolve(x, weight, bias, self._groups)

    def transposed(self, outputs: Tensor, weight: Tensor, x: Tensor) -> Tensor:
        """Convolve backwards."""
        return self._convolve_back(outputs, weight, x, self._groups)

    def flat(self, relevance: Tensor, x: Tensor) -> Tensor:
        """Divide each relevance by the number of its inputs, and convolve backwards with ones."""
        # With all weights one, the channels of a group are alike: one stands for all of them.
        groups = self._groups
        one = x.new_ones((1, 1, *x.shape[2:]))
        kernel = x.new_ones((1, 1, *self._weight.shape[2:]))
        z = self._convolve(one, kernel, None, 1) * (x.shape[1] // groups) + EPSILON
        quotient = relevance.reshape(len(x), groups, -1, *z.shape[2:]).sum(2) / z
        like = x[:, :groups]
        spread = self._convolve_back(quotient, kernel.repeat(groups, 1, 1, 1), like, groups)
        return spread.repeat_interleave(x.shape[1] // groups, 1)

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> Tensor:
        return functional.conv2d(
            padded(x, self._margin(x)),
            weight,
            bias,
            self._stride,
            self._padding,
            self._dilation,
            groups,
        )

    def _convolve_back(self, outputs: Tensor, weight: Tensor, x: Tensor, groups: int) -> Tensor:
        margin = self._margin(x)
        geometry = (self._stride, self._padding, self._dilation, False, [0, 0], groups)
        found: Tensor = torch.ops.aten.convolution_backward(
            outputs, padded(x, margin), weight, None, *geometry, [True, False, False]
        )[0]
        return cropped(found, margin)

    def _margin(self, x: Tensor) -> tuple[int, ...]:
        """Zeros that the layer itself puts around its input: (left, right, top, bottom)."""
        if not self._pads_by_size:
            return self._own_margin
        sizes = zip(x.shape[2:], self._weight.shape[2:], self._stride, self._dilation, strict=True)
        missing = [
            max((size - 1) // stride * stride + (kernel - 1) * dilation + 1 - size, 0)
            for size, kernel, stride, dilation in sizes
        ]
        return tuple(side for total in missing[::-1] for side in (total // 2, total - total // 2))


def laid_out(x: Tensor) -> Tensor:
    """Return images or kernels in `LAYOUT`, and anything else as it is.

    Parameters
    ----------
    x : Tensor
        Of any shape.

    Returns
    -------
    Tensor, shape of ``x``

    """
    return x.contiguous(memory_format=LAYOUT) if x.ndim == 4 else x


def padded(x: Tensor, margin: tuple[int, ...]) -> Tensor:
    """Put zeros around images.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w)
        Images.
    margin : tuple of int
        Left, right, top, bottom.

    Returns
    -------
    Tensor, shape (n, c, top + h + bottom, left + w + right)

    """
    return functional.pad(x, margin) if any(margin) else x


def cropped(x: Tensor, margin: tuple[int, ...]) -> Tensor:
    """Undo `padded`.

    Parameters
    ----------
    x : Tensor, shape (n, c, top + h + bottom, left + w + right)
        Images with a margin.
    margin : tuple of int
        Left, right, top, bottom.

    Returns
    -------
    Tensor, shape (n, c, h, w)

    """
    if not any(margin):
        return x
    left, right, top, bottom = margin
    return x[..., top : x.shape[-2] - bottom, left : x.shape[-1] - right].contiguous(
        memory_format=LAYOUT
    )


def is_same_padded(layer: nn.Module) -> bool:
    """Whether a layer is EfficientNet-Lite's convolution that pads by the size of its input.

    Parameters
    ----------
    layer : Module
        Any layer.

    Returns
    -------
    bool

    """
    kind = type(layer)
    known = ("efficientnet_lite_pytorch.utils", "Conv2dDynamicSamePadding")
    return (kind.__module__, kind.__name__) == known and isinstance(layer, nn.Conv2d)


def pair(size: Any) -> list[Any]:
    """Return the size of a kernel, stride or padding as two numbers.

    Parameters
    ----------
    size : int, or tuple or list of two int
        As layers hold it.

    Returns
    -------
    list of int
        Along the height and along the width.

    """
    return list(size) if isinstance(size, tuple | list) else [size, size]


def _padding(layer: nn.Conv2d) -> list[int]:
    if layer.padding_mode != "zeros":
        raise NotCoveredError(f"a convolution pads by '{layer.padding_mode}'")
    if layer.padding == "valid":
        return [0, 0]
    if layer.padding == "same":
        missing = [
            step * (size - 1) for step, size in zip(layer.dilation, layer.kernel_size, strict=True)
        ]
        if any(total % 2 for total in missing):
            raise NotCoveredError("a convolution pads one side more than the other")
        return [total // 2 for total in missing]
    return pair(layer.padding)
