"""Fast LRP: the paper's composite in one plain forward, one z+ pass and one backward.

zennit stays the reference and computes every other composite. For ``EpsilonPlusFlat`` (epsilon in dense
layers, alpha1-beta0 = z+ in convolutions, flat or z-box in the first layer) an `Engine` reads the
network once with torch.fx as a list of steps (`tracing`). After that it needs neither hooks nor autograd:

- forward, every step runs as it is and keeps only what its rule needs, so that a ReLU may work in
  place and a pooled activation is freed;
- backward, a convolution computes z = (x w)^+ anew and sends R_i = x_i sum_j w_ij^+ R_j / z_j down
  (`rules`). Where its input is known not to be negative (it comes from a ReLU), the products of
  negative inputs with negative weights are zero and left out; elsewhere they are computed.

A layer or a call that has no rule is never guessed at: `covers` gives the reason before any number is
computed, and the caller uses zennit instead. The network is read and never changed.
"""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

import torch
from torch import Tensor, nn

from unhans.attribution.lrp import tracing
from unhans.attribution.lrp.program import Program, Watcher
from unhans.attribution.lrp.tracing import First, Settings
from unhans.errors import InputError, NotCoveredError
from unhans.networks.inference import require_classes

from zennit.canonizers import Canonizer  # isort: skip - tracing lets torchvision be imported


class Engine:
    """Relevance of many batches of one network, as zennit's EpsilonPlusFlat computes it.

    ::

        with Engine(model, canonizers=[ResNetCanonizer()]) as engine:
            for batch, targets in batches:
                relevance, logits = engine(batch, targets)

    The network works as in evaluation (dropout does nothing) whatever its mode is. Its weights are
    read on entering, and their clamped copies are kept until the end of the context: do not train the
    network inside. A batch needs memory for the inputs of its convolutions and dense layers.

    Parameters
    ----------
    model : Module
        Network from images to logits.
    first : {"flat", "zbox", "plus"}
        Rule of the first layer.
    canonizers : iterable of Canonizer
        zennit's. They are applied while the network is read, and removed again.
    low, high : float or Tensor, shape (1, c, 1, 1)
        Least and greatest value of a pixel, for ``zbox``.
    dtype : torch.dtype, optional
        Of the computation; by default that of the network.
    first_layers : tuple of str, optional
        Names of the layers that see the pixels. By default the one that was registered first, as in
        zennit.
    watched : iterable of str
        Parts of the network, rewritten by the canonizers, whose relevance a `Watcher` takes.

    Raises
    ------
    InputError
        The first rule is unknown.
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
        first_layers: tuple[str, ...] | None = None,
        watched: Iterable[str] = (),
    ) -> None:
        if first not in ("flat", "zbox", "plus"):
            raise InputError(f"unknown first rule '{first}'; expected one of flat, zbox, plus")
        self._model = model
        self._canonizers = tuple(canonizers)
        parameter = next(model.parameters(), torch.empty(0))
        self._device = parameter.device
        self._settings = Settings(
            *(first, low, high, dtype or parameter.dtype, first_layers), frozenset(watched)
        )
        self._program: Program | None = None

    def __enter__(self) -> Self:
        self._program = tracing.read(self._model, self._canonizers, self._settings)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._program = None

    @torch.no_grad()
    def __call__(
        self, batch: Tensor, targets: Tensor, watcher: Watcher | None = None
    ) -> tuple[Tensor, Tensor]:
        """Compute the relevance of each input value for the target's logit.

        Parameters
        ----------
        batch : Tensor, shape (n, c, h, w)
            Images.
        targets : Tensor of int, shape (n,)
            Indices of the classes to explain.
        watcher : Watcher, optional
            Takes the relevance of the watched parts.

        Returns
        -------
        relevance : Tensor, shape (n, c, h, w)
            Of the batch's dtype, on the network's device. The relevance of the output is the
            target's logit.
        logits : Tensor, shape (n, classes)
            Of the batch's dtype, on the network's device.

        Raises
        ------
        InputError
            The engine is used outside its context, or shapes or targets do not fit.

        """
        if self._program is None:
            raise InputError("the engine works inside its context only: with Engine(...) as engine")
        if batch.ndim != 4 or targets.shape != batch.shape[:1]:
            raise InputError(
                f"a batch of shape {tuple(batch.shape)} with targets of shape "
                f"{tuple(targets.shape)}; expected (n, channels, height, width) and (n,)"
            )
        x = batch.detach().to(self._device, self._settings.dtype)
        output, memos = self._program.forward(x, watcher)
        if output.ndim != 2:
            raise InputError(f"the network gives {tuple(output.shape)}; expected (n, classes)")
        if len(targets):
            require_classes(targets, output.shape[1])
        own = targets.to(self._device).long()[:, None]
        start = torch.zeros_like(output).scatter_(1, own, output.gather(1, own))
        found = self._program.backward(start, memos, watcher)
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
    """Explain one batch; for many batches an `Engine` is cheaper.

    Parameters
    ----------
    model : Module
        Network from images to logits.
    batch : Tensor, shape (n, c, h, w)
        Images.
    targets : Tensor of int, shape (n,)
        Indices of the classes to explain.
    first : {"flat", "zbox", "plus"}
        Rule of the first layer.
    canonizers : iterable of Canonizer
        zennit's. They are removed afterwards.

    Returns
    -------
    relevance : Tensor, shape (n, c, h, w)
        Of each input value for the target's logit.
    logits : Tensor, shape (n, classes)

    Raises
    ------
    InputError
        Shapes, targets or the first rule do not fit.
    NotCoveredError
        The engine has no rule for a part of the network.

    """
    with Engine(model, first, canonizers) as engine:
        return engine(batch, targets)


def covers(model: nn.Module, canonizers: Iterable[Canonizer] = ()) -> str | None:
    """Say why the engine cannot explain a network.

    Parameters
    ----------
    model : Module
        Network from images to logits.
    canonizers : iterable of Canonizer
        zennit's. They are removed afterwards.

    Returns
    -------
    str or None
        The part that has no rule; None where every part has one.

    """
    parameter = next(model.parameters(), torch.empty(0))
    try:
        tracing.read(model, tuple(canonizers), Settings("flat", 0.0, 1.0, parameter.dtype))
    except NotCoveredError as error:
        return str(error)
    return None
