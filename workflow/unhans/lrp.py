"""Fast LRP: the paper's composite in one plain forward, one z+ pass and one backward.

zennit stays the reference and the way to every other composite. For ``EpsilonPlusFlat`` (epsilon in
dense layers, alpha1-beta0 = z+ in convolutions, flat or z-box in the first layer) an `Engine` reads
the network once with torch.fx as a list of steps, and needs neither hooks nor autograd after that:

- forward, every step runs as it is and keeps only what its rule needs, so that a ReLU may work in
  place and a pooled activation is freed;
- backward, a convolution computes z = (x w)^+ anew and sends R_i = x_i sum_j w_ij^+ R_j / z_j down.
  Where its input is known not to be negative (it comes from a ReLU), the products of negative
  inputs with negative weights are zero and left out; where that is not known they are computed.

What the engine does not know by name it does not touch: `covers` says why, before any number is
computed, and the caller falls back to zennit. The network is read, never changed.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from unhans import _torchvision
from unhans.errors import InputError

_torchvision.allow_import()

from zennit import types as zennit_types  # noqa: E402 - needs torchvision to import
from zennit.canonizers import Canonizer  # noqa: E402
from zennit.layer import Sum  # noqa: E402

EPSILON = 1e-6
"""Of the epsilon rule and of every stabiliser, as in zennit."""

First = Literal["flat", "zbox", "plus"]
"""Rule of the first layer; ``plus`` gives it none of its own (zennit's EpsilonPlus)."""

Memo = Any
"""What a rule keeps of the forward for its backward."""


class NotCoveredError(InputError):
    """The engine does not know a part of the network; the message says which."""


class Engine:
    """Relevance of many batches of one network, as zennit's EpsilonPlusFlat gives it.

    ::

        with lrp.Engine(model, canonizers=[ResNetCanonizer()]) as engine:
            for batch, targets in batches:
                relevance, logits = engine(batch, targets)

    The network works as in evaluation (dropout does nothing) whatever its mode is. Its weights are
    read on entering and their clamped copies are kept until the end of the context: do not train it
    inside. Memory beside the weights: the inputs of the convolutions and dense layers of a batch.

    Parameters
    ----------
    model : network from images to logits
    first : rule of the layer that zennit takes for the first, the first one registered
    canonizers : zennit's, applied while the network is read and undone before that ends
    low, high : least and greatest value of a pixel, for ``zbox``; a number or (1, c, 1, 1)
    dtype : of the computation; by default that of the network

    Raises
    ------
    NotCoveredError
        On entering, with the reason that `covers` gives.

    """

    def __init__(
        self,
        model: nn.Module,
        first: First = "flat",
        canonizers: Iterable[Canonizer] = (),
        *,
        low: float | Tensor = 0.0,
        high: float | Tensor = 1.0,
        dtype: torch.dtype | None = None,
    ) -> None:
        if first not in ("flat", "zbox", "plus"):
            raise InputError(f"unknown first rule '{first}'; expected one of flat, zbox, plus")
        self._model = model
        self._canonizers = tuple(canonizers)
        parameter = next(model.parameters(), torch.empty(0))
        self._device = parameter.device
        self._settings = _Settings(first, low, high, dtype or parameter.dtype)
        self._steps: list[_Step] | None = None

    def __enter__(self) -> Self:
        self._steps = _read(self._model, self._canonizers, self._settings)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._steps = None

    @torch.no_grad()
    def __call__(self, batch: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Relevance of each input value for the target's logit, and the logits.

        Parameters
        ----------
        batch : (n, c, h, w)
        targets : (n,) class index

        Returns
        -------
        relevance (n, c, h, w) and logits (n, classes), of the batch's dtype, on the network's
        device; relevance starts as the target's logit

        """
        if self._steps is None:
            raise InputError("the engine works inside its context only: with Engine(...) as engine")
        if batch.ndim != 4 or targets.shape != batch.shape[:1]:
            raise InputError(
                f"a batch of shape {tuple(batch.shape)} with targets of shape "
                f"{tuple(targets.shape)}; expected (n, channels, height, width) and (n,)"
            )
        x = batch.detach().to(self._device, self._settings.dtype)
        # Convolutions are faster with the channels innermost, on the CPU by a quarter.
        output, memos = self._forward(x.contiguous(memory_format=torch.channels_last))
        if output.ndim != 2:
            raise InputError(f"the network gives {tuple(output.shape)}; expected (n, classes)")
        own = targets.to(self._device).long()[:, None]
        start = torch.zeros_like(output).scatter_(1, own, output.gather(1, own))
        relevance = self._backward(start, memos)
        if relevance is None:  # no path leads from the input to the logits
            relevance = torch.zeros_like(x)
        return relevance.to(batch.dtype).contiguous(), output.to(batch.dtype)

    def _forward(self, x: Tensor) -> tuple[Tensor, list[Memo]]:
        assert self._steps is not None
        values, memos = {0: x}, []
        for number, step in enumerate(self._steps, 1):
            values[number], memo = step.rule.forward(*(values[source] for source in step.sources))
            memos.append(memo)
            for used in step.frees:
                del values[used]
        return values[len(self._steps)], memos

    def _backward(self, start: Tensor, memos: list[Memo]) -> Tensor | None:
        assert self._steps is not None
        flows = {len(self._steps): start}
        for number, step in reversed(list(enumerate(self._steps, 1))):
            flow, memo = flows.pop(number, None), memos.pop()
            if flow is None:  # nothing after it leads to the logits
                continue
            parts = step.rule.backward(flow, memo)
            for source, part in zip(step.sources, parts, strict=True):
                # Not in place: a rule may pass on the very tensor that it was given.
                flows[source] = flows[source] + part if source in flows else part
        return flows.get(0)


def relevance(
    model: nn.Module,
    batch: Tensor,
    targets: Tensor,
    first: First = "flat",
    canonizers: Iterable[Canonizer] = (),
) -> tuple[Tensor, Tensor]:
    """Explain one batch; see `Engine`, which is cheaper for many.

    Parameters
    ----------
    model : network from images to logits
    batch : (n, c, h, w)
    targets : (n,) class index
    first : rule of the first layer
    canonizers : zennit's, undone afterwards

    Returns
    -------
    relevance (n, c, h, w) and logits (n, classes)

    """
    with Engine(model, first, canonizers) as engine:
        return engine(batch, targets)


def covers(model: nn.Module, canonizers: Iterable[Canonizer] = ()) -> str | None:
    """Tell why the engine cannot explain a network; None where it can."""
    parameter = next(model.parameters(), torch.empty(0))
    try:
        _read(model, tuple(canonizers), _Settings("flat", 0.0, 1.0, parameter.dtype))
    except NotCoveredError as error:
        return str(error)
    return None


class _Settings(NamedTuple):
    first: First
    low: float | Tensor
    high: float | Tensor
    dtype: torch.dtype


# Rules: how a step runs, and how relevance flows back through it.


class _Rule(ABC):
    """A step's forward, and its backward from relevance of the output to that of the inputs.

    The relevance that a backward is given is its own: it may be overwritten.
    """

    fresh = False
    """The output is new memory that nobody keeps, so that the next step may overwrite it."""

    @abstractmethod
    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]: ...

    @abstractmethod
    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]: ...

    def signed(self, *inputs: bool) -> bool:
        """Whether the output may be negative, given which inputs may."""
        return any(inputs)


class _Affine(ABC):
    """A convolution or a dense layer as a linear map: with any weights, and transposed."""

    weight: Tensor
    bias: Tensor | None
    fan_in: int

    @abstractmethod
    def map(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor: ...

    @abstractmethod
    def transposed(self, share: Tensor, weight: Tensor, x: Tensor) -> Tensor:
        """Bring shares of the outputs back to where inputs of the shape of ``x`` lie."""

    @abstractmethod
    def flat(self, relevance: Tensor, x: Tensor) -> Tensor:
        """Spread relevance evenly over the receptive fields."""

    @cached_property
    def positive(self) -> Tensor:
        return self.weight.clamp(min=0)

    @cached_property
    def negative(self) -> Tensor:
        return self.weight.clamp(max=0)

    @cached_property
    def stable_bias(self) -> Tensor:
        # The stabiliser of a sum that is not negative rides on the bias, at no cost.
        bias = self.bias
        if bias is None:
            bias = self.weight.new_zeros(self.weight.shape[0])
        return bias.clamp(min=0) + EPSILON


class _Dense(_Affine):
    def __init__(self, layer: nn.Linear, dtype: torch.dtype) -> None:
        self.weight = layer.weight.detach().to(dtype)
        self.bias = None if layer.bias is None else layer.bias.detach().to(dtype)

    def map(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return functional.linear(x, weight, bias)

    def transposed(self, share: Tensor, weight: Tensor, x: Tensor) -> Tensor:
        return share @ weight

    def flat(self, relevance: Tensor, x: Tensor) -> Tensor:
        return (relevance.sum(-1, keepdim=True) / (x.shape[-1] + EPSILON)).expand_as(x)


class _Convolution(_Affine):
    def __init__(
        self, layer: nn.Conv2d, dtype: torch.dtype, around: tuple[int, ...] | None = None
    ) -> None:
        self._plain = layer.weight.detach().to(dtype)
        self.bias = None if layer.bias is None else layer.bias.detach().to(dtype)
        self._stride, self._dilation = list(layer.stride), list(layer.dilation)
        self._padding, self._groups = _padding(layer), layer.groups
        self._around = around
        self._touched: dict[tuple[int, ...], Tensor] = {}

    @cached_property
    def weight(self) -> Tensor:  # type: ignore[override]
        return self._plain.contiguous(memory_format=torch.channels_last)

    def map(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return self._slide(x, weight, bias, self._groups)

    def transposed(self, share: Tensor, weight: Tensor, x: Tensor) -> Tensor:
        return self._slide_back(share, weight, x, self._groups)

    def flat(self, relevance: Tensor, x: Tensor) -> Tensor:
        # With all weights one, the channels of a group are alike: one stands for all of them.
        groups = self._groups
        one = x.new_ones((1, 1, *x.shape[2:]))
        kernel = x.new_ones((1, 1, *self._plain.shape[2:]))
        z = self._slide(one, kernel, None, 1) * (x.shape[1] // groups) + EPSILON
        share = relevance.unflatten(1, (groups, -1)).sum(2) / z
        like = x[:, :groups]
        spread = self._slide_back(share, kernel.repeat(groups, 1, 1, 1), like, groups)
        return spread.repeat_interleave(x.shape[1] // groups, 1)

    def _slide(self, x: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> Tensor:
        if self._around is not None:
            x = functional.pad(x, self._around)
        return functional.conv2d(
            x, weight, bias, self._stride, self._padding, self._dilation, groups
        )

    def _slide_back(self, share: Tensor, weight: Tensor, x: Tensor, groups: int) -> Tensor:
        if self._around is not None:
            x = functional.pad(x, self._around)
        geometry = (self._stride, self._padding, self._dilation, False, [0, 0], groups)
        found: Tensor = torch.ops.aten.convolution_backward(
            share, x, weight, None, *geometry, [True, False, False]
        )[0]
        return found if self._around is None else _crop(found, self._around)


@dataclass
class _Plus(_Rule):
    """Alpha1-beta0, where the input is not negative."""

    layer: _Affine
    fresh = True

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        return self.layer.map(inputs[0], self.layer.weight, self.layer.bias), inputs[0]

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        layer = self.layer
        share = relevance.div_(layer.map(memo, layer.positive, layer.stable_bias))
        return (layer.transposed(share, layer.positive, memo).mul_(memo),)

    def signed(self, *inputs: bool) -> bool:
        return True


class _SignedPlus(_Plus):
    """Alpha1-beta0: positive inputs with positive weights, negative ones with negative ones."""

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        layer, above, below = self.layer, memo.clamp(min=0), memo.clamp(max=0)
        z = layer.map(above, layer.positive, layer.stable_bias)
        share = relevance.div_(z.add_(layer.map(below, layer.negative)))
        upper = layer.transposed(share, layer.positive, memo).mul_(above)
        return (upper.addcmul_(layer.transposed(share, layer.negative, memo), below),)


class _Flat(_Plus):
    """Relevance spread evenly over the receptive field, whatever lies there."""

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        return (self.layer.flat(relevance, memo),)


@dataclass
class _Box(_Plus):
    """z^B: contributions counted from the ends of the range that a pixel's value may take."""

    low: float | Tensor
    high: float | Tensor

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        layer, one = self.layer, memo[:1]
        low, high = (torch.as_tensor(end).to(one).expand_as(one) for end in (self.low, self.high))
        # The bias would be taken away again with its positive and its negative part.
        least = layer.map(low, layer.positive) + layer.map(high, layer.negative)
        share = relevance.div_(_stabilised(layer.map(memo, layer.weight) - least))
        found = layer.transposed(share, layer.weight, memo).mul_(memo)
        found -= layer.transposed(share, layer.positive, memo).mul_(low)
        return (found.sub_(layer.transposed(share, layer.negative, memo).mul_(high)),)


@dataclass
class _Epsilon(_Rule):
    """Epsilon in a dense layer, its bias among the contributions."""

    layer: _Affine

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        output = self.layer.map(inputs[0], self.layer.weight, self.layer.bias)
        return output, (inputs[0], output)

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        x, z = memo
        share = relevance.div_(_stabilised(z))
        return (self.layer.transposed(share, self.layer.weight, x).mul_(x),)

    def signed(self, *inputs: bool) -> bool:
        return True


@dataclass
class _Rectifier(_Rule):
    """ReLU or, with a ceiling, ReLU6: relevance passes as it is."""

    ceiling: float | None
    in_place: bool = False

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        clamp = torch.clamp_ if self.in_place else torch.clamp
        return clamp(inputs[0], min=0, max=self.ceiling), None

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        return (relevance,)

    def signed(self, *inputs: bool) -> bool:
        return False


@dataclass
class _MaxPool(_Rule):
    """Relevance goes to the maximum."""

    layer: nn.MaxPool2d
    fresh = True

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        layer = self.layer
        output, places = functional.max_pool2d(
            *(inputs[0], layer.kernel_size, layer.stride, layer.padding, layer.dilation),
            ceil_mode=layer.ceil_mode,
            return_indices=True,
        )
        return output, (inputs[0].shape, places)

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        shape, places = memo
        # Only the shape and the layout of the pooled values matter, so they need not be kept.
        like = torch.empty(
            shape,
            dtype=relevance.dtype,
            device=relevance.device,
            memory_format=torch.channels_last,
        )
        layer = self.layer
        geometry = (
            _pair(size)
            for size in (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
        )
        found: Tensor = torch.ops.aten.max_pool2d_with_indices_backward(
            relevance, like, *geometry, layer.ceil_mode, places
        )
        return (found,)


@dataclass
class _AveragePool(_Rule):
    """Each input gets its share of the average."""

    layer: nn.Module

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        return self.layer(inputs[0]), inputs[0]

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        with torch.enable_grad():
            x = memo.detach().requires_grad_()
            z = self.layer(x)
        share = relevance.div_(_stabilised(z.detach()))
        (found,) = torch.autograd.grad(z, x, share)
        return (found.mul(memo),)


class _Sum(_Rule):
    """Each summand gets its share of the sum."""

    fresh = True

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        return self._total(inputs), inputs

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        share = relevance.div_(_stabilised(self._total(memo)))
        return tuple(summand * share for summand in memo)

    def _total(self, summands: tuple[Tensor, ...]) -> Tensor:
        total = summands[0] + summands[1]
        for summand in summands[2:]:
            total += summand
        return total


@dataclass
class _Flatten(_Rule):
    start: int = 1
    end: int = -1

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        return inputs[0].flatten(self.start, self.end), inputs[0].shape

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        return (relevance.reshape(memo),)


@dataclass
class _Pad(_Rule):
    """Zeros around an image; what relevance falls on them is lost, as in zennit."""

    around: tuple[int, ...]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        return functional.pad(inputs[0], self.around), None

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        return (_crop(relevance, self.around),)


def _stabilised(z: Tensor) -> Tensor:
    return z + torch.where(z < 0, -EPSILON, EPSILON).to(z)


def _crop(x: Tensor, around: tuple[int, ...]) -> Tensor:
    left, right, top, bottom = around
    return x[..., top : x.shape[-2] - bottom, left : x.shape[-1] - right].contiguous(
        memory_format=torch.channels_last
    )


def _pair(size: int | tuple[int, ...]) -> list[int]:
    return [size, size] if isinstance(size, int) else list(size)


# Reading a network: from its traced graph to steps, or to the reason why not.


@dataclass
class _Step:
    """A rule, the values that it works on (0 the input, k the output of step k), and frees."""

    rule: _Rule
    sources: tuple[int, ...]
    frees: tuple[int, ...] = ()


def _read(
    model: nn.Module, canonizers: tuple[Canonizer, ...], settings: _Settings
) -> list[_Step]:
    hooked = next((name for name, part in model.named_modules() if _is_hooked(part)), None)
    if hooked is not None:
        raise NotCoveredError(f"{hooked or 'the network'} has hooks or a forward of its own")
    norms = {part: part.running_mean for part in model.modules() if _is_norm(part)}
    before = {norm: mean.data_ptr() for norm, mean in norms.items() if mean is not None}
    with ExitStack() as stack:
        for canonizer in canonizers:
            for applied in canonizer.apply(model):
                stack.callback(applied.remove)
        merged = {
            norm
            for norm, place in before.items()
            if _is_identity(norm) and (norm.running_mean.data_ptr() != place or norm.eps == 0)
        }
        return _Reader(model, settings, merged).steps()


def _is_hooked(module: nn.Module) -> bool:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return any(getattr(module, kind) for kind in kinds) or "forward" in vars(module)
