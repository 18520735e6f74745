"""Operations: functional calls of a network as modules that know how relevance passes them.

LRP's composites give rules to layers. What a network's own forward computes besides its layers has no
module that a rule could be given to, and the plain gradient through it is no relevance: an addition gives
the whole relevance to both summands, a product multiplies it. `canonizers.GraphCanonizer` puts one of
these modules in place of each such call. Their gradient is relevance, whatever the composite.

==============  ================================================================================
`Pass`          relevance passes unchanged: activations, factors that are constant
`Addition`      each summand gets relevance by its contribution
`Proportional`  the epsilon rule for calls that are linear in their signals: averages, resizing, values
                weighted by attention, which is held constant
`Spread`        averages and resizing of pixels: relevance by the weights of the call alone
`Norm`          the same for layer and group norms, whose spread is held constant
`Gate`          the signal of a product gets all relevance, the gate none (squeeze and excitation)
`Product`       each factor gets half
==============  ================================================================================

References
----------
Bach et al. 2015 (contributions), Arras et al. 2017 (gates get none), Ali et al. 2022 (attention and
norms held constant), Achtibat et al. 2024 (AttnLRP: identity through norms, halves in products).

"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

EPSILON = 1e-6
"""Stabiliser of quotients, as in zennit."""

EXACT = 1e-30
"""Stabiliser that absorbs nothing, for measuring conservation."""

Call = Callable[..., Any]


class Operation(nn.Module):
    """A call in place of a functional one.

    Parameters
    ----------
    call : callable or Module
        What is computed.
    signals : tuple of int
        Places of the positional arguments that get relevance.

    """

    def __init__(self, call: Call, signals: tuple[int, ...] = (0,)) -> None:
        super().__init__()
        self.call = call
        self.signals = signals
        self.epsilon = EPSILON

    def extra_repr(self) -> str:
        """Name the call.

        Returns
        -------
        str

        """
        named = isinstance(self.call, nn.Module)
        return "" if named else getattr(self.call, "__name__", str(self.call))

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        """Run the call.

        Parameters
        ----------
        *args, **kwargs : any
            Its arguments.

        Returns
        -------
        Tensor
            What the call gives. Its gradient with respect to a signal is relevance.

        Raises
        ------
        TypeError
            A signal is complex.

        """
        rest = list(args)
        signals = [rest[place] for place in self.signals]
        if any(one.is_complex() for one in signals):
            raise TypeError(
                f"{self.extra_repr() or 'a layer'} is given complex values; no rule has them"
            )

        def of_signals(*found: Tensor) -> Tensor:
            for place, value in zip(self.signals, found, strict=True):
                rest[place] = value
            result: Tensor = self.run(*rest, **kwargs)
            return result

        apply: Any = _Relevance.apply
        output: Tensor = apply(of_signals, self.relevance, *signals)
        return output

    def run(self, *args: Any, **kwargs: Any) -> Tensor:
        """Compute the output: the call itself, unless a subclass says otherwise.

        Parameters
        ----------
        *args, **kwargs : any
            Arguments of the call.

        Returns
        -------
        Tensor

        """
        output: Tensor = self.call(*args, **kwargs)
        return output

    def relevance(
        self,
        of_signals: Callable[..., Tensor],
        signals: tuple[Tensor, ...],
        found: Tensor,
    ) -> tuple[Tensor, ...]:
        """Bring relevance of the output to the signals.

        Parameters
        ----------
        of_signals : callable
            The call, as a function of its signals alone.
        signals : tuple of Tensor
            Their values.
        found : Tensor
            Relevance of the output.

        Returns
        -------
        tuple of Tensor
            Relevance of each signal, of its shape.

        Raises
        ------
        NotImplementedError
            Only subclasses have a rule.

        """
        raise NotImplementedError


class Pass(Operation):
    """Relevance passes unchanged: R_i = R_i, summed over what the call repeats."""

    def relevance(
        self,
        of_signals: Callable[..., Tensor],
        signals: tuple[Tensor, ...],
        found: Tensor,
    ) -> tuple[Tensor, ...]:
        """Give each signal the whole relevance."""
        return tuple(found.sum_to_size(signal.shape) for signal in signals)


class Gate(Pass):
    """A product, quotient or the like of a signal and a gate: the signal gets all relevance."""


class Product(Operation):
    """A product of signals: each of m factors gets R / m."""

    def relevance(
        self,
        of_signals: Callable[..., Tensor],
        signals: tuple[Tensor, ...],
        found: Tensor,
    ) -> tuple[Tensor, ...]:
        """Give each factor its share."""
        return tuple((found / len(signals)).sum_to_size(signal.shape) for signal in signals)


class Proportional(Operation):
    """The epsilon rule of a call that is linear in its signals.

    R_i = x_i sum_j c_ij R_j / (z_j +- eps), where c_ij is the derivative of output z_j with respect to
    the signal x_i. Softmax is held constant meanwhile, and so are queries and keys: given the attention,
    what an attention block computes is linear in its values.
    """

    def run(self, *args: Any, **kwargs: Any) -> Tensor:
        """Compute the output with attention held constant; take it out of a tuple."""
        with _ConstantAttention():
            output = self.call(*args, **kwargs)
        result: Tensor = output[0] if isinstance(output, tuple) else output
        return result

    def relevance(
        self,
        of_signals: Callable[..., Tensor],
        signals: tuple[Tensor, ...],
        found: Tensor,
    ) -> tuple[Tensor, ...]:
        """Apply the formula of the class."""
        with torch.enable_grad():
            leaves = tuple(signal.detach().requires_grad_() for signal in signals)
            z = of_signals(*leaves)
        quotient = found / _stabilised(z.detach(), self.epsilon)
        slopes = torch.autograd.grad(z, leaves, quotient, allow_unused=True)
        return tuple(
            torch.zeros_like(signal) if slope is None else slope * signal
            for signal, slope in zip(signals, slopes, strict=True)
        )


class Addition(Proportional):
    """A sum of signals: R_i = x_i R / (sum of x +- eps)."""

    def __init__(self, call: Call = torch.add) -> None:
        super().__init__(call, signals=(0, 1))


class Spread(Proportional):
    """A linear call of pixels: relevance is spread by the weights of the call, whatever the pixels are.

    R_i = sum_j c_ij R_j / (sum_i c_ij), as the flat rule spreads it over a layer's receptive field. By
    contribution, pixels that cross zero would get any amount.
    """

    def relevance(
        self,
        of_signals: Callable[..., Tensor],
        signals: tuple[Tensor, ...],
        found: Tensor,
    ) -> tuple[Tensor, ...]:
        """Apply the formula of the class."""
        ones = tuple(torch.ones_like(signal) for signal in signals)
        return super().relevance(of_signals, ones, found)


class HalfEach(Proportional):
    """A product of matrices that are both signals: half of the relevance by the epsilon rule each."""

    def relevance(
        self,
        of_signals: Callable[..., Tensor],
        signals: tuple[Tensor, ...],
        found: Tensor,
    ) -> tuple[Tensor, ...]:
        """Apply the rule to halves: the product is homogeneous of degree one in each."""
        return super().relevance(of_signals, signals, found / len(signals))


class Norm(Proportional):
    """Layer or group norm: linear in its signal, given its spread.

    Parameters
    ----------
    weight, bias : Tensor or None
        Scale and shift.
    eps : float
        Added to the variance.
    dims : int, optional
        Of a layer norm: how many last dimensions it normalises.
    groups : int, optional
        Of a group norm: how many groups of channels it normalises each; 0 for one a channel.

    """

    def __init__(
        self,
        weight: Tensor | None,
        bias: Tensor | None,
        eps: float,
        *,
        dims: int = 0,
        groups: int | None = None,
    ) -> None:
        super().__init__(torch.nn.functional.layer_norm)
        self.weight = None if weight is None else nn.Parameter(weight.detach())
        self.bias = None if bias is None else nn.Parameter(bias.detach())
        self.eps, self.dims, self.groups = eps, dims, groups

    def run(self, *args: Any, **kwargs: Any) -> Tensor:
        """Normalise; no gradient passes the variance."""
        x: Tensor = args[0]
        values, over = x, tuple(range(-self.dims, 0))
        if self.groups is not None:
            values = x.reshape(len(x), self.groups or x.shape[1], -1)
            over = (-1,)
        centred = values - values.mean(over, keepdim=True)
        variance = values.var(over, unbiased=False, keepdim=True).detach()
        normal = (centred * (variance + self.eps).rsqrt()).reshape(x.shape)
        shape = (-1, *(1,) * (x.ndim - 2)) if self.groups is not None else None
        for part, call in ((self.weight, torch.mul), (self.bias, torch.add)):
            if part is not None:
                normal = call(normal, part if shape is None else part.view(shape))
        return normal


class _Relevance(torch.autograd.Function):
    """Runs a call; its gradient is what a rule makes of the relevance of the output."""

    @staticmethod
    def forward(ctx: Any, of_signals: Any, rule: Any, *signals: Tensor) -> Tensor:
        """Run the call."""
        ctx.of_signals, ctx.rule = of_signals, rule
        ctx.save_for_backward(*signals)
        output: Tensor = of_signals(*signals)
        # Autograd must not take the output for the input, or for a view of it.
        return output.clone() if output._base is not None or output in _Same(signals) else output

    @staticmethod
    def backward(ctx: Any, *found: Tensor) -> Any:
        """Apply the rule."""
        relevance = ctx.rule(ctx.of_signals, ctx.saved_tensors, found[0])
        return None, None, *relevance


class _Same(tuple[Tensor, ...]):
    """Tensors; ``in`` asks for the same object."""

    def __contains__(self, item: object) -> bool:
        return any(item is one for one in self)


class _ConstantAttention(TorchFunctionMode):
    """No gradient passes a softmax, or the queries and keys of an attention."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.nn.functional.scaled_dot_product_attention:
            named = ("query", "key")
            args = tuple(one.detach() if place < 2 else one for place, one in enumerate(args))
            kwargs = {name: one.detach() if name in named else one for name, one in kwargs.items()}
        output = func(*args, **kwargs)
        softmax = (torch.softmax, torch.nn.functional.softmax, Tensor.softmax)
        return output.detach() if func in softmax else output


def _stabilised(z: Tensor, epsilon: float) -> Tensor:
    return z + epsilon * torch.where(z < 0, -1.0, 1.0).to(z)
