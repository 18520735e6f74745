"""Rules: how a step of a network runs, and how relevance flows back through it.

The formulas stand in the docstrings of `Rule.backward`: x are the inputs of a layer, w its weights, b
its bias, R_j the relevance of an output and R_i that of an input; ^+ and ^- are positive and negative
parts.

References
----------
Bach et al. 2015 (epsilon, alpha-beta), Montavon et al. 2017 (z+, z^B), Anders et al. 2019
(which rule in which layer). Stabilisers are those of zennit 0.5.1.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from unhans.attribution.lrp.linear_maps import (
    EPSILON,
    LAYOUT,
    LinearMap,
    cropped,
    laid_out,
    padded,
    pair,
)

Memo = Any
"""What a rule keeps of the forward pass for the backward pass."""


class Rule(ABC):
    """A step forwards, and backwards from relevance of its output to relevance of its inputs.

    Methods of every rule take and return what is described here; their docstrings give the formula.
    """

    fresh = False
    """The output is new memory that nobody keeps, so that the next step may overwrite it."""

    @abstractmethod
    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Run the step.

        Parameters
        ----------
        *inputs : Tensor, shape (n, ...)
            Values of the steps before.

        Returns
        -------
        output : Tensor, shape (n, ...)
            Of the step.
        memo : Any
            What `backward` needs.

        """

    @abstractmethod
    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Bring relevance of the output to the inputs.

        Parameters
        ----------
        relevance : Tensor, shape of the output
            Of the output. It may be overwritten.
        memo : Any
            As `forward` gave it.

        Returns
        -------
        tuple of Tensor
            Relevance of each input.

        """

    def signed(self, *inputs: bool) -> bool:
        """Whether the output may be negative.

        Parameters
        ----------
        *inputs : bool
            Whether each input may be negative.

        Returns
        -------
        bool

        """
        return any(inputs)


@dataclass
class Plus(Rule):
    """Alpha1-beta0 (z+) of a layer whose input is not negative.

    Parameters
    ----------
    layer : LinearMap
        The layer that the rule belongs to.
    """

    layer: LinearMap
    fresh = True

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Run the layer and keep its input."""
        return self.layer.apply(inputs[0], self.layer.weight, self.layer.bias), inputs[0]

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Return R_i = x_i sum_j w_ij^+ R_j / (sum_i x_i w_ij^+ + b_j^+ + eps)."""
        layer, x = self.layer, laid_out(memo)
        quotient = relevance.div_(
            _at_least_epsilon(layer.apply(x, layer.positive, layer.stable_bias))
        )
        return (layer.transposed(quotient, layer.positive, x).mul_(x),)

    def signed(self, *inputs: bool) -> bool:
        """Return True, since weights have any sign."""
        return True


class SignedPlus(Plus):
    """Alpha1-beta0 (z+) of a layer whose input has any sign."""

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Apply the formula of `Plus` with (x_i w_ij)^+ = x_i^+ w_ij^+ + x_i^- w_ij^-."""
        layer, x = self.layer, laid_out(memo)
        above, below = x.clamp(min=0), x.clamp(max=0)
        z = layer.apply(above, layer.positive, layer.stable_bias)
        quotient = relevance.div_(_at_least_epsilon(z.add_(layer.apply(below, layer.negative))))
        upper = layer.transposed(quotient, layer.positive, x).mul_(above)
        return (upper.addcmul_(layer.transposed(quotient, layer.negative, x), below),)


class Flat(Plus):
    """The flat rule: relevance is spread evenly over the receptive field."""

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Return R_i = sum_j R_j / (number of inputs of j + eps)."""
        return (self.layer.flat(relevance, memo),)


@dataclass
class Box(Plus):
    """The z^B rule: contributions count from the ends of the range of a pixel's value.

    Parameters
    ----------
    layer : LinearMap
        The layer that sees the pixels.
    low, high : float or Tensor, shape (1, c, 1, 1)
        Least and greatest value of a pixel.

    """

    low: float | Tensor
    high: float | Tensor

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Return R_i = sum_j (x_i w_ij - l w_ij^+ - h w_ij^-) R_j / (their sum over i +- eps)."""
        layer, one = self.layer, memo[:1]
        low, high = (torch.as_tensor(end).to(one).expand_as(one) for end in (self.low, self.high))
        # The bias cancels with its positive and its negative part.
        least = layer.apply(low, layer.positive) + layer.apply(high, layer.negative)
        quotient = relevance.div_(_stabilised(layer.apply(memo, layer.weight) - least))
        found = layer.transposed(quotient, layer.weight, memo).mul_(memo)
        found -= layer.transposed(quotient, layer.positive, memo).mul_(low)
        return (found.sub_(layer.transposed(quotient, layer.negative, memo).mul_(high)),)


@dataclass
class Epsilon(Rule):
    """The epsilon rule of a dense layer; its bias takes a contribution too.

    Parameters
    ----------
    layer : LinearMap
        The dense layer.
    """

    layer: LinearMap

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Run the layer and keep its input and output."""
        output = self.layer.apply(inputs[0], self.layer.weight, self.layer.bias)
        return output, (inputs[0], output)

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Return R_i = x_i sum_j w_ij R_j / (z_j +- eps), where z is the output with its bias."""
        x, z = memo
        quotient = relevance.div_(_stabilised(z))
        return (self.layer.transposed(quotient, self.layer.weight, x).mul_(x),)

    def signed(self, *inputs: bool) -> bool:
        """Return True, since weights have any sign."""
        return True


@dataclass
class Rectifier(Rule):
    """ReLU, or ReLU6 with a ceiling: relevance passes unchanged.

    Parameters
    ----------
    ceiling : float or None
        Greatest output.
    in_place : bool
        The input may be overwritten.

    """

    ceiling: float | None
    in_place: bool = False

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Clamp, and keep nothing."""
        clamp = torch.clamp_ if self.in_place else torch.clamp
        return clamp(inputs[0], min=0, max=self.ceiling), None

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Return the relevance."""
        return (relevance,)

    def signed(self, *inputs: bool) -> bool:
        """Return False."""
        return False


@dataclass
class MaxPool(Rule):
    """Max pooling: the maximum gets all relevance.

    Parameters
    ----------
    layer : MaxPool2d
        Its geometry is read.
    """

    layer: nn.MaxPool2d
    fresh = True

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Pool and keep where the maxima were."""
        layer = self.layer
        output, places = functional.max_pool2d(
            *(inputs[0], layer.kernel_size, layer.stride, layer.padding, layer.dilation),
            ceil_mode=layer.ceil_mode,
            return_indices=True,
        )
        return output, (inputs[0].shape, places)

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Put relevance where the maxima were."""
        shape, places = memo
        # Only the shape and the layout of the pooled values count, so they are not kept.
        like = torch.empty(
            shape,
            dtype=relevance.dtype,
            device=relevance.device,
            memory_format=LAYOUT,
        )
        layer = self.layer
        geometry = (
            pair(size) for size in (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
        )
        found: Tensor = torch.ops.aten.max_pool2d_with_indices_backward(
            relevance, like, *geometry, layer.ceil_mode, places
        )
        return (found,)


@dataclass
class AveragePool(Rule):
    """Average pooling: each input gets relevance by its contribution to the average.

    Parameters
    ----------
    layer : Module
        The average pooling; it is called.
    """

    layer: nn.Module

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Pool and keep the input."""
        return self.layer(inputs[0]), inputs[0]

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Return R_i = x_i sum_j a_ij R_j / (z_j +- eps), where a are the weights of the average."""
        with torch.enable_grad():
            x = memo.detach().requires_grad_()
            z = self.layer(x)
        quotient = relevance.div_(_stabilised(z.detach()))
        (found,) = torch.autograd.grad(z, x, quotient)
        return (found.mul(memo),)


class Addition(Rule):
    """A sum of values: each summand gets relevance by its contribution."""

    fresh = True

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Add and keep the summands."""
        return self._total(inputs), inputs

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Return R_i = x_i R / (z +- eps), where z is the sum."""
        quotient = relevance.div_(_stabilised(self._total(memo)))
        return tuple(quotient * summand for summand in memo)

    def _total(self, summands: tuple[Tensor, ...]) -> Tensor:
        total = summands[0] + summands[1]
        for summand in summands[2:]:
            total += summand
        return total


@dataclass
class Flatten(Rule):
    """Flattening: relevance gets the shape of the input.

    Parameters
    ----------
    start, end : int
        First and last dimension to flatten.

    """

    start: int = 1
    end: int = -1

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Flatten and keep the shape."""
        return inputs[0].flatten(self.start, self.end), inputs[0].shape

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Return relevance in the shape of the input."""
        return (relevance.reshape(memo),)


@dataclass
class Pad(Rule):
    """Zeros around images. Relevance of the zeros is lost, as in zennit.

    Parameters
    ----------
    margin : tuple of int
        Zeros on the left, on the right, above and below.

    """

    margin: tuple[int, ...]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Put the zeros around."""
        return padded(inputs[0], self.margin), None

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Cut the zeros off."""
        return (cropped(relevance, self.margin),)


def _at_least_epsilon(z: Tensor) -> Tensor:
    """Clamp sums of non-negative products to the stabiliser on a GPU.

    A CPU's sums are never below it. A GPU may take a fast algorithm that rounds a zero to either
    side.
    """
    return z.clamp_(min=EPSILON) if z.is_cuda else z


def _stabilised(z: Tensor) -> Tensor:
    return z + torch.where(z < 0, -EPSILON, EPSILON).to(z)
