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
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

import torch
from torch import Tensor, fx, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from unhans.errors import InputError
from unhans.networks import _torchvision

_torchvision.allow_import()

from zennit import types as zennit_types  # noqa: E402 - needs torchvision to import
from zennit.canonizers import Canonizer  # noqa: E402
from zennit.layer import Sum  # noqa: E402

EPSILON = 1e-6
"""Of the epsilon rule and of every stabiliser, as in zennit."""

LAYOUT = torch.channels_last
"""Of images and kernels in the backward: measured on VGG-16, a CPU is a tenth faster for it.

The forward stays in the network's own layout, with its very numbers. Another order of summation
would do no harm there but for values within rounding of zero, and of a tie of a maximum: on random
networks one image in ten then differs from zennit by more than 1e-4 of the map's maximum.
"""

First = Literal["flat", "zbox", "plus"]
"""Rule of the first layer; ``plus`` gives it none of its own (zennit's EpsilonPlus)."""

NOTHING: tuple[int, ...] = (0, 0, 0, 0)
"""Of zeros on the left, on the right, above and below an image."""

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
        self._program: _Program | None = None

    def __enter__(self) -> Self:
        self._program = _read(self._model, self._canonizers, self._settings)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._program = None

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
        if self._program is None:
            raise InputError("the engine works inside its context only: with Engine(...) as engine")
        if batch.ndim != 4 or targets.shape != batch.shape[:1]:
            raise InputError(
                f"a batch of shape {tuple(batch.shape)} with targets of shape "
                f"{tuple(targets.shape)}; expected (n, channels, height, width) and (n,)"
            )
        x = batch.detach().to(self._device, self._settings.dtype)
        output, memos = self._program.forward(x)
        if output.ndim != 2:
            raise InputError(f"the network gives {tuple(output.shape)}; expected (n, classes)")
        if len(targets) and not 0 <= int(targets.min()) <= int(targets.max()) < output.shape[1]:
            raise InputError(f"a target is none of the {output.shape[1]} classes")
        own = targets.to(self._device).long()[:, None]
        start = torch.zeros_like(output).scatter_(1, own, output.gather(1, own))
        found = self._program.backward(start, memos)
        if found is None:  # no path leads from the input to the logits
            found = torch.zeros_like(x)
        return found.to(batch.dtype).contiguous(), output.to(batch.dtype)


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
    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Run the step; return its output, and what `backward` needs."""

    @abstractmethod
    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Bring relevance of the output to the inputs."""

    def signed(self, *inputs: bool) -> bool:
        """Whether the output may be negative, given which inputs may."""
        return any(inputs)


class _Affine(ABC):
    """A convolution or a dense layer as a linear map: with any weights, and transposed."""

    def __init__(self, layer: nn.Conv2d | nn.Linear, dtype: torch.dtype) -> None:
        # Detached, the tensors outlive what a canonizer put into the layer and takes out again.
        self._weight, self._dtype = layer.weight.detach(), dtype
        self.bias = None if layer.bias is None else layer.bias.detach().to(dtype)

    @abstractmethod
    def map(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Apply the layer with other weights."""

    @abstractmethod
    def transposed(self, share: Tensor, weight: Tensor, x: Tensor) -> Tensor:
        """Bring shares of the outputs back to where inputs of the shape of ``x`` lie."""

    @abstractmethod
    def flat(self, relevance: Tensor, x: Tensor) -> Tensor:
        """Spread relevance evenly over the receptive fields."""

    # Made at first use, so that `covers` copies no weights.

    @cached_property
    def weight(self) -> Tensor:
        """The layer's own weights."""
        return self._weight.to(self._dtype)

    @cached_property
    def positive(self) -> Tensor:
        """Their positive part."""
        return _laid_out(self.weight.clamp(min=0))

    @cached_property
    def negative(self) -> Tensor:
        """Their negative part."""
        return _laid_out(self.weight.clamp(max=0))

    @cached_property
    def stable_bias(self) -> Tensor:
        """The positive part of the bias, and the stabiliser with it."""
        # The stabiliser of a sum that is not negative rides on the bias, at no cost.
        bias = self.weight.new_zeros(len(self.weight)) if self.bias is None else self.bias
        return bias.clamp(min=0) + EPSILON


class _Dense(_Affine):
    def map(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Multiply by W^T and add b."""
        return functional.linear(x, weight, bias)

    def transposed(self, share: Tensor, weight: Tensor, x: Tensor) -> Tensor:
        """Shares times W."""
        return share @ weight

    def flat(self, relevance: Tensor, x: Tensor) -> Tensor:
        """The same for every input."""
        return (relevance.sum(-1, keepdim=True) / (x.shape[-1] + EPSILON)).expand_as(x).clone()


class _Convolution(_Affine):
    def __init__(
        self, layer: nn.Conv2d, dtype: torch.dtype, around: tuple[int, ...] = NOTHING
    ) -> None:
        super().__init__(layer, dtype)
        self._stride, self._dilation = list(layer.stride), list(layer.dilation)
        self._padding, self._groups = _padding(layer), layer.groups
        self._around = around
        self._fits = _is_same_padded(layer)

    def map(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Convolve."""
        return self._slide(x, weight, bias, self._groups)

    def transposed(self, share: Tensor, weight: Tensor, x: Tensor) -> Tensor:
        """Convolve backwards."""
        return self._slide_back(share, weight, x, self._groups)

    def flat(self, relevance: Tensor, x: Tensor) -> Tensor:
        """Convolve backwards with ones, each share divided by the inputs that it has."""
        # With all weights one, the channels of a group are alike: one stands for all of them.
        groups = self._groups
        one = x.new_ones((1, 1, *x.shape[2:]))
        kernel = x.new_ones((1, 1, *self._weight.shape[2:]))
        z = self._slide(one, kernel, None, 1) * (x.shape[1] // groups) + EPSILON
        share = relevance.reshape(len(x), groups, -1, *z.shape[2:]).sum(2) / z
        like = x[:, :groups]
        spread = self._slide_back(share, kernel.repeat(groups, 1, 1, 1), like, groups)
        return spread.repeat_interleave(x.shape[1] // groups, 1)

    def _slide(self, x: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> Tensor:
        return functional.conv2d(
            _padded(x, self._margin(x)),
            weight,
            bias,
            self._stride,
            self._padding,
            self._dilation,
            groups,
        )

    def _slide_back(self, share: Tensor, weight: Tensor, x: Tensor, groups: int) -> Tensor:
        margin = self._margin(x)
        geometry = (self._stride, self._padding, self._dilation, False, [0, 0], groups)
        found: Tensor = torch.ops.aten.convolution_backward(
            share, _padded(x, margin), weight, None, *geometry, [True, False, False]
        )[0]
        return _crop(found, margin)

    def _margin(self, x: Tensor) -> tuple[int, ...]:
        """Zeros that the layer itself puts around its input: (left, right, top, bottom)."""
        if not self._fits:
            return self._around
        sizes = zip(x.shape[2:], self._weight.shape[2:], self._stride, self._dilation, strict=True)
        missing = [
            max((size - 1) // stride * stride + (kernel - 1) * dilation + 1 - size, 0)
            for size, kernel, stride, dilation in sizes
        ]
        return tuple(part for total in missing[::-1] for part in (total // 2, total - total // 2))


@dataclass
class _Plus(_Rule):
    """Alpha1-beta0, where the input is not negative."""

    layer: _Affine
    fresh = True

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Run the layer and keep its input."""
        return self.layer.map(inputs[0], self.layer.weight, self.layer.bias), inputs[0]

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """R_i = x_i sum_j w_ij^+ R_j / (sum_i x_i w_ij^+ + b_j^+ + eps)."""
        layer, x = self.layer, _laid_out(memo)
        share = relevance.div_(_not_below(layer.map(x, layer.positive, layer.stable_bias)))
        return (layer.transposed(share, layer.positive, x).mul_(x),)

    def signed(self, *inputs: bool) -> bool:
        """Weights have any sign."""
        return True


class _SignedPlus(_Plus):
    """Alpha1-beta0: positive inputs with positive weights, negative ones with negative ones."""

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """As `_Plus`, with (x_i w_ij)^+ = x_i^+ w_ij^+ + x_i^- w_ij^-."""
        layer, x = self.layer, _laid_out(memo)
        above, below = x.clamp(min=0), x.clamp(max=0)
        z = layer.map(above, layer.positive, layer.stable_bias)
        share = relevance.div_(_not_below(z.add_(layer.map(below, layer.negative))))
        upper = layer.transposed(share, layer.positive, x).mul_(above)
        return (upper.addcmul_(layer.transposed(share, layer.negative, x), below),)


class _Flat(_Plus):
    """Relevance spread evenly over the receptive field, whatever lies there."""

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """R_i = sum_j R_j / (number of inputs of j + eps)."""
        return (self.layer.flat(relevance, memo),)


@dataclass
class _Box(_Plus):
    """z^B: contributions counted from the ends of the range that a pixel's value may take."""

    low: float | Tensor
    high: float | Tensor

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """R_i = sum_j (x_i w_ij - l w_ij^+ - h w_ij^-) R_j / (their sum over i +- eps)."""
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
        """Run the layer and keep its input and output."""
        output = self.layer.map(inputs[0], self.layer.weight, self.layer.bias)
        return output, (inputs[0], output)

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """R_i = x_i sum_j w_ij R_j / (z_j +- eps), with the bias in z."""
        x, z = memo
        share = relevance.div_(_stabilised(z))
        return (self.layer.transposed(share, self.layer.weight, x).mul_(x),)

    def signed(self, *inputs: bool) -> bool:
        """Weights have any sign."""
        return True


@dataclass
class _Rectifier(_Rule):
    """ReLU or, with a ceiling, ReLU6: relevance passes as it is."""

    ceiling: float | None
    in_place: bool = False

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Clamp; nothing needs to be kept."""
        clamp = torch.clamp_ if self.in_place else torch.clamp
        return clamp(inputs[0], min=0, max=self.ceiling), None

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Pass relevance on."""
        return (relevance,)

    def signed(self, *inputs: bool) -> bool:
        """Never."""
        return False


@dataclass
class _MaxPool(_Rule):
    """Relevance goes to the maximum."""

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
        """Put relevance there."""
        shape, places = memo
        # Only the shape and the layout of the pooled values matter, so they need not be kept.
        like = torch.empty(
            shape,
            dtype=relevance.dtype,
            device=relevance.device,
            memory_format=LAYOUT,
        )
        layer = self.layer
        geometry = (
            _pair(size) for size in (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
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
        """Pool and keep the input."""
        return self.layer(inputs[0]), inputs[0]

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """R_i = x_i sum_j a_ij R_j / (z_j +- eps), a the averaging."""
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
        """Add and keep the summands."""
        return self._total(inputs), inputs

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """R_i = x_i R / (z +- eps)."""
        share = relevance.div_(_stabilised(self._total(memo)))
        return tuple(share * summand for summand in memo)

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
        """Flatten and keep the shape."""
        return inputs[0].flatten(self.start, self.end), inputs[0].shape

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Give relevance that shape."""
        return (relevance.reshape(memo),)


@dataclass
class _Pad(_Rule):
    """Zeros around an image; what relevance falls on them is lost, as in zennit."""

    around: tuple[int, ...]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Memo]:
        """Put zeros around."""
        return _padded(inputs[0], self.around), None

    def backward(self, relevance: Tensor, memo: Memo) -> tuple[Tensor, ...]:
        """Cut them off."""
        return (_crop(relevance, self.around),)


def _laid_out(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=LAYOUT) if x.ndim == 4 else x


def _not_below(z: Tensor) -> Tensor:
    """Hold sums of non-negative products at the stabiliser or above.

    A CPU's are, exactly; a GPU may take a fast algorithm that rounds a zero to either side.
    """
    return z.clamp_(min=EPSILON) if z.is_cuda else z


def _stabilised(z: Tensor) -> Tensor:
    return z + torch.where(z < 0, -EPSILON, EPSILON).to(z)


def _padded(x: Tensor, around: tuple[int, ...]) -> Tensor:
    return functional.pad(x, around) if any(around) else x


def _crop(x: Tensor, around: tuple[int, ...]) -> Tensor:
    if not any(around):
        return x
    left, right, top, bottom = around
    return x[..., top : x.shape[-2] - bottom, left : x.shape[-1] - right].contiguous(
        memory_format=LAYOUT
    )


# Reading a network: from its traced graph to steps, or to the reason why not.


@dataclass
class _Step:
    """A rule, and the values that it works on: 0 the input, k the output of the k-th step."""

    rule: _Rule
    sources: tuple[int, ...]
    frees: tuple[int, ...] = ()
    """Values that no later step works on."""


class _Program(NamedTuple):
    """A network as steps, and which value is its output."""

    steps: list[_Step]
    output: int

    def forward(self, x: Tensor) -> tuple[Tensor, list[Memo]]:
        """Run the network; return its output, and what each step keeps."""
        values, memos = {0: x}, []
        for number, step in enumerate(self.steps, 1):
            values[number], memo = step.rule.forward(*(values[source] for source in step.sources))
            memos.append(memo)
            for used in step.frees:
                del values[used]
        return values[self.output], memos

    def backward(self, start: Tensor, memos: list[Memo]) -> Tensor | None:
        """Bring relevance of the output to the input; None where no path leads there."""
        flows = {self.output: start}
        for number, step in reversed(list(enumerate(self.steps, 1))):
            flow, memo = flows.pop(number, None), memos.pop()
            if flow is None:  # nothing after it leads to the logits
                continue
            parts = step.rule.backward(flow, memo)
            for source, part in zip(step.sources, parts, strict=True):
                flows[source] = flows[source] + part if source in flows else part
        return flows.get(0)


def _read(model: nn.Module, canonizers: tuple[Canonizer, ...], settings: _Settings) -> _Program:
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    for name, part in model.named_modules():
        if any(getattr(part, kind) for kind in hooks):
            raise NotCoveredError(f"{name or 'the network'} has hooks, which would not run")
    norms = [part for part in model.modules() if isinstance(part, _BatchNorm)]
    before = {norm: _place(norm) for norm in norms}
    with ExitStack() as stack:
        for canonizer in canonizers:
            for applied in canonizer.apply(model):
                stack.callback(applied.remove)
        # zennit leaves a merged norm's eps in place, which would scale by (1 + eps)^-1/2. Its
        # numbers are the identity's; that a canonizer put them there tells it from a fresh one.
        merged = {
            norm
            for norm, place in before.items()
            if _is_identity(norm) and (_place(norm) != place or norm.eps == 0)
        }
        return _Reader(model, settings, merged).read()


def _place(norm: _BatchNorm) -> int:
    """Where a norm's numbers lie in memory: a canonizer puts new ones in their place."""
    return 0 if norm.running_mean is None else norm.running_mean.data_ptr()


def _is_identity(norm: _BatchNorm) -> bool:
    if norm.running_mean is None or norm.running_var is None:
        return False
    zeros, ones = (norm.running_mean, norm.bias), (norm.running_var, norm.weight)
    return not any(bool((part != 0).any()) for part in zeros if part is not None) and not any(
        bool((part != 1).any()) for part in ones if part is not None
    )


class _Root(nn.Module):
    """Around the network, so that a forward that a canonizer gave it is traced as well."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Any:
        """Run the network."""
        return self.model(x)


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Leave zennit's Sum whole, like PyTorch's own layers, and what cannot be traced."""
        whole = type(m) is Sum or _is_same_padded(m)
        return whole or super().is_leaf_module(m, module_qualified_name)


def _trace(root: nn.Module) -> fx.Graph:
    modes = {module: module.training for module in root.modules()}
    try:
        return _Tracer().trace(root.eval())
    except Exception as error:  # a network's own code may raise anything
        reason = str(error).strip().split("\n")[0]
        raise NotCoveredError(f"it cannot be traced ({reason})") from error
    finally:
        for module, mode in modes.items():
            module.training = mode


class _Reader:
    """Turns a traced graph into steps, or says which of its nodes no rule is known for."""

    def __init__(self, model: nn.Module, settings: _Settings, merged: set[_BatchNorm]) -> None:
        self._root = _Root(model)
        self._settings, self._merged = settings, merged
        layers = (part for part in model.modules() if isinstance(part, zennit_types.Linear))
        self._first = None if settings.first == "plus" else next(layers, None)
        self._values: dict[fx.Node, int] = {}
        self._signed = [True]  # of each value; the images may have any sign
        self._steps: list[_Step] = []
        self._stacks: dict[fx.Node, tuple[tuple[int, ...], int]] = {}
        self._shapes: set[fx.Node] = set()
        self._sizes: set[fx.Node] = set()  # nodes that hold the number of images
        self._pads: dict[fx.Node, tuple[int, ...]] = {}
        self._overwriting: list[int] = []  # values that the network's own layers overwrite

    def read(self) -> _Program:
        """Read every node of the traced network."""
        output = None
        for node in _trace(self._root).nodes:
            if node.op == "placeholder":
                self._values[node] = 0
            elif node.op == "call_module":
                self._call_module(node)
            elif node.op == "output":
                if not isinstance(node.args[0], fx.Node):
                    raise NotCoveredError("its output is not one tensor, made by its last layer")
                output = self._value(node.args[0], node)
            elif node.op != "get_attr":  # a convolution looks up what it wants of those
                self._call(node)
        if not self._steps or output is None:
            raise NotCoveredError("it has no layers")
        return self._finished(output)

    def _finished(self, output: int) -> _Program:
        uses = [source for step in self._steps for source in step.sources] + [output]
        for value in self._overwriting:
            self._read_by_one(value, uses)
        last = {source: step for step in self._steps for source in step.sources}
        for step in self._steps:
            step.frees = tuple(
                source
                for source in dict.fromkeys(step.sources)
                if last[source] is step and source != output
            )
            rule, value = step.rule, step.sources[0]
            if isinstance(rule, _Rectifier) and value > 0 and uses.count(value) == 1:
                rule.in_place = self._steps[value - 1].rule.fresh
        return _Program(self._steps, output)

    def _read_by_one(self, value: int, uses: list[int]) -> None:
        if uses.count(value) > 1:
            raise NotCoveredError("a layer overwrites in place what another one reads")
        if value > 0 and isinstance(self._steps[value - 1].rule, _Flatten):  # the same memory
            self._read_by_one(self._steps[value - 1].sources[0], uses)

    def _value(self, found: object, node: fx.Node) -> int:
        if not isinstance(found, fx.Node) or found not in self._values:
            raise _not_covered(node)
        return self._values[found]

    def _add(self, node: fx.Node, rule: _Rule, *sources: int) -> None:
        self._steps.append(_Step(rule, sources))
        self._signed.append(rule.signed(*(self._signed[source] for source in sources)))
        self._values[node] = len(self._steps)

    def _call_module(self, node: fx.Node) -> None:
        name = str(node.target)
        layer = self._root.get_submodule(name)
        label = f"{name.removeprefix('model').strip('.') or 'the network'} is a {_kind(layer)}"
        if len(node.args) != 1 or node.kwargs or "forward" in vars(layer):
            raise NotCoveredError(f"{label}, but not called as one")
        if isinstance(layer, Sum):
            self._sum(node, layer)
            return
        source = self._value(node.args[0], node)
        if type(layer) in _TRANSPARENT or layer in self._merged:
            self._values[node] = source
            return
        if getattr(layer, "inplace", False):
            self._overwriting.append(source)
        rule = self._rule(layer, source)
        if rule is None:
            raise NotCoveredError(f"{label}, for which the engine has no rule")
        self._add(node, rule, source)
        if isinstance(rule, _Pad):
            self._pads[node] = rule.around

    def _rule(self, layer: nn.Module, source: int) -> _Rule | None:
        match layer:
            case nn.Conv2d() if type(layer) is nn.Conv2d or _is_same_padded(layer):
                return self._linear_rule(layer, _Convolution(layer, self._settings.dtype), source)
            case nn.Linear() if type(layer) is nn.Linear:
                return self._linear_rule(layer, _Dense(layer, self._settings.dtype), source)
            case nn.MaxPool2d() if type(layer) is nn.MaxPool2d and not layer.return_indices:
                return _MaxPool(layer)
            case nn.Flatten() if (layer.start_dim, layer.end_dim) == (1, -1):
                return _Flatten()
            case nn.ZeroPad2d() if type(layer) is nn.ZeroPad2d and min(layer.padding) >= 0:
                return _Pad(tuple(layer.padding))
        simple = _SIMPLE.get(type(layer))
        return None if simple is None else simple(layer)

    def _linear_rule(self, layer: nn.Module, affine: _Affine, source: int) -> _Rule:
        if layer is self._first:
            if self._settings.first == "flat":
                return _Flat(affine)
            return _Box(affine, self._settings.low, self._settings.high)
        if isinstance(affine, _Dense):
            return _Epsilon(affine)
        return _SignedPlus(affine) if self._signed[source] else _Plus(affine)

    def _sum(self, node: fx.Node, layer: Sum) -> None:
        stack = node.args[0]
        if not isinstance(stack, fx.Node) or stack not in self._stacks:
            raise _not_covered(node)
        summands, dim = self._stacks[stack]
        if dim != layer.dim or len(summands) < 2:
            raise _not_covered(node)
        self._add(node, _Sum(), *summands)

    def _call(self, node: fx.Node) -> None:
        """Read a function or a method: the few that networks cannot do without."""
        name = getattr(node.target, "__name__", str(node.target))
        known = node.op == "call_method" or node.target in _FUNCTIONS
        reader = getattr(self, f"_read_{name}", None) if known else None
        if reader is None:
            raise _not_covered(node)
        reader(node)

    def _read_flatten(self, node: fx.Node) -> None:
        given = dict(zip(("input", "start_dim", "end_dim"), node.args, strict=False))
        given |= node.kwargs
        if (given.get("start_dim", 0), given.get("end_dim", -1)) != (1, -1):
            raise _not_covered(node)
        self._add(node, _Flatten(), self._value(given["input"], node))

    def _read_view(self, node: fx.Node) -> None:
        shape = node.args[1:]
        if len(shape) != 2 or shape[0] not in self._sizes or shape[1] != -1 or node.kwargs:
            raise _not_covered(node)
        self._add(node, _Flatten(), self._value(node.args[0], node))

    _read_reshape = _read_view

    def _read_size(self, node: fx.Node) -> None:
        self._value(node.args[0], node)
        (self._sizes if node.args[1:] == (0,) else self._shapes).add(node)

    def _read_getattr(self, node: fx.Node) -> None:
        if node.args[1] != "shape":
            raise _not_covered(node)
        self._value(node.args[0], node)
        self._shapes.add(node)

    def _read_getitem(self, node: fx.Node) -> None:
        if node.args[0] not in self._shapes or node.args[1] != 0:
            raise _not_covered(node)
        self._sizes.add(node)

    def _read_stack(self, node: fx.Node) -> None:
        given = dict(zip(("tensors", "dim"), node.args, strict=False)) | node.kwargs
        summands, dim = given["tensors"], given.get("dim", 0)
        if not isinstance(summands, list | tuple) or not isinstance(dim, int):
            raise _not_covered(node)
        self._stacks[node] = tuple(self._value(one, node) for one in summands), dim

    def _read_conv2d(self, node: fx.Node) -> None:
        """Read a subclass of Conv2d that puts zeros around its input, then convolves as usual."""
        path = _path(node)
        layer = self._root.get_submodule(path)
        image, around = node.args[0], NOTHING
        if isinstance(image, fx.Node) and image in self._pads and _inside(image, path):
            # The layer's own padding: the flat rule spreads no relevance onto it.
            around, image = self._pads[image], image.args[0]
        source = self._value(image, node)
        if not isinstance(layer, nn.Conv2d) or not _calls_itself(node, path, layer):
            raise _not_covered(node)
        affine = _Convolution(layer, self._settings.dtype, around)
        self._add(node, self._linear_rule(layer, affine, source), source)


_TRANSPARENT = {nn.Identity, nn.Dropout, nn.Dropout2d}
"""Layers that do nothing in evaluation."""

_SIMPLE: Mapping[type[nn.Module], Callable[[Any], _Rule]] = {
    nn.ReLU: lambda layer: _Rectifier(None),
    nn.ReLU6: lambda layer: _Rectifier(6.0),
    nn.AvgPool2d: _AveragePool,
    nn.AdaptiveAvgPool2d: _AveragePool,
}

_FUNCTIONS = {torch.flatten, torch.stack, torch.conv2d, getattr, operator.getitem}
"""What a network may call besides its layers."""


def _calls_itself(node: fx.Node, path: str, layer: nn.Conv2d) -> bool:
    """Whether a call of conv2d inside a layer is with its own settings, and all that it does."""
    if len(node.args) != 7 or node.kwargs:
        return False
    for name, found in zip(("weight", "bias"), node.args[1:3], strict=True):
        there = getattr(layer, name) is not None
        if there != (isinstance(found, fx.Node) and found.target == f"{path}.{name}"):
            return False
    own = (*map(_pair, (layer.stride, layer.padding, layer.dilation)), layer.groups)
    given = (*map(_pair, node.args[3:6]), node.args[6])
    steps = {other for other in node.graph.nodes if other.op != "get_attr"}
    rest = {other for other in steps if _inside(other, path)} - {node, node.args[0]}
    return own == given and not rest


def _path(node: fx.Node) -> str:
    """Name of the module in whose forward a node lies."""
    frames = list(node.meta.get("nn_module_stack", {}).values())
    return frames[-1][0] if frames else ""


def _inside(node: fx.Node, path: str) -> bool:
    return f"{_path(node)}.".startswith(f"{path}.")


def _is_same_padded(layer: nn.Module) -> bool:
    """Whether it is EfficientNet-Lite's convolution that pads by the size of its input."""
    kind = type(layer)
    known = ("efficientnet_lite_pytorch.utils", "Conv2dDynamicSamePadding")
    return (kind.__module__, kind.__name__) == known and isinstance(layer, nn.Conv2d)


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
    return _pair(layer.padding)


def _pair(size: Any) -> list[Any]:
    return list(size) if isinstance(size, tuple | list) else [size, size]


def _kind(layer: nn.Module) -> str:
    name = type(layer).__name__
    return f"{name}, not merged by a canonizer" if "BatchNorm" in name else name


def _not_covered(node: fx.Node) -> NotCoveredError:
    name = getattr(node.target, "__name__", str(node.target))
    place = _path(node).removeprefix("model").strip(".") or "the network"
    return NotCoveredError(f"{place} calls {name}, for which the engine has no rule")
