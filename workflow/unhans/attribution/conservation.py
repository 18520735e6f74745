"""Conservation: whether relevance that reaches the pixels is the logit it started from.

LRP hands relevance down layer by layer, and what a layer receives it gives away; biases alone may keep
some. With biases set to zero the sum over the pixels is therefore the logit. Where it is not, a part of
the network has no rule: its gradient was taken for relevance.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from unhans.networks import _torchvision, graph
from unhans.networks.canonizers import Canonical
from unhans.networks.operations import EXACT, Operation

_torchvision.allow_import()

from zennit.core import Composite  # noqa: E402 - imports torchvision


@dataclass(frozen=True)
class Stage:
    """What is left of the relevance at one place of a network.

    Parameters
    ----------
    name : str
        Of the layer whose output all relevance passes, ``input`` for the pixels.
    share : float
        Sum of relevance there over the logit: the median over images.

    """

    name: str
    share: float


def stages(canonical: Canonical, composite: Composite, images: NDArray[np.float32]) -> list[Stage]:
    """Measure what is left of the logit at each place that all relevance passes.

    Parameters
    ----------
    canonical : Canonical
        The network; it is left as it was.
    composite : Composite
        zennit's, without canonizers.
    images : ndarray of float32, shape (n, c, h, w)
        Inputs of the network.

    Returns
    -------
    list of Stage
        From the logits down to the pixels, all biases being zero. Each image is explained with respect to
        its largest logit by amount. Shares are NaN where all logits are zero.

    """
    module = without_biases(canonical.module)
    batch = torch.from_numpy(np.asarray(images, dtype=np.float32)).requires_grad_()
    parameter = next(module.parameters(), None)
    if parameter is not None:
        batch = batch.detach().to(parameter.device).requires_grad_()
    recorder = _Recorder(module, set(_narrows(module.graph)))
    with composite.context(module):
        logit, (found,) = _attributed(recorder.run, batch)
    # Where values are stacked or tokens come first, the first dimension is not that of the images.
    inner = [(name, one) for name, one in recorder.sums() if len(one) == len(batch)]
    sums = [*inner, ("input", found.flatten(1).sum(dim=1))]
    return [Stage(name, _median(one, logit)) for name, one in sums]


def hooked_stages(
    module: nn.Module, composite: Composite, images: NDArray[np.float32]
) -> list[Stage]:
    """Measure the same of a network that is not rewritten, at the parts that it consists of.

    Parameters
    ----------
    module : Module
        The network; it is left as it was.
    composite : Composite
        zennit's, with canonizers.
    images : ndarray of float32, shape (n, c, h, w)
        Inputs of the network.

    Returns
    -------
    list of Stage
        See `stages`. Relevance that goes around a part is not counted there.

    """
    bare = copy.deepcopy(module)
    with torch.no_grad():
        for name, tensor in (*bare.named_parameters(), *bare.named_buffers()):
            if name.endswith("bias"):
                tensor.zero_()
    batch = torch.from_numpy(np.asarray(images, dtype=np.float32)).requires_grad_()
    outputs: list[tuple[str, Tensor]] = []
    sums: dict[str, Tensor] = {}

    def watch(name: str) -> Any:
        def seen(_: Any, __: Any, output: Any) -> None:
            if isinstance(output, Tensor) and output.requires_grad:
                outputs.append((name, output))
                output.register_hook(  # type: ignore[no-untyped-call]
                    lambda found: sums.__setitem__(name, _by_image(found))
                )

        return seen

    parts = [(name, part) for name, part in bare.named_children()]
    handles = [part.register_forward_hook(watch(name)) for name, part in parts]
    with composite.context(bare) as ready:
        logit, (found,) = _attributed(ready, batch)
    for handle in handles:
        handle.remove()
    shares = [(name, sums[name]) for name, _ in reversed(outputs) if name in sums]
    pairs = [*shares, ("input", found.flatten(1).sum(dim=1))]
    return [Stage(name, _median(one, logit)) for name, one in pairs]


def _attributed(run: Any, batch: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Explain each image with respect to its largest logit by amount."""
    output = run(batch)
    target = output.detach().abs().argmax(dim=1, keepdim=True)
    logit = output.detach().gather(1, target)
    start = torch.zeros_like(output).scatter_(1, target, logit)
    return logit[:, 0], torch.autograd.grad(output, batch, start)


def without_biases(module: fx.GraphModule) -> fx.GraphModule:
    """Copy a network, and set to zero what is added to its values.

    Parameters
    ----------
    module : GraphModule
        Of a `Canonical`.

    Returns
    -------
    GraphModule
        Biases, and constants that are added or put beside values (positions, the class token of a
        transformer), are zero. Stabilisers absorb nothing.

    """
    bare = copy.deepcopy(module)
    constants = {str(node.target): node for node in bare.graph.nodes if node.op == "get_attr"}
    added = {name for name, node in constants.items() if _is_added(bare, node)}
    with torch.no_grad():
        for name, tensor in (*bare.named_parameters(), *bare.named_buffers()):
            # A constant that is called bias and multiplies is none.
            if name in added or (name.endswith("bias") and name not in constants):
                tensor.zero_()
    for part in bare.modules():
        if isinstance(part, Operation):
            part.epsilon = EXACT
    return bare


def _is_added(module: fx.GraphModule, node: fx.Node) -> bool:
    """Whether a constant is added to values, or put beside them."""
    data = graph.data_nodes(module.graph)
    front, seen = [node], set()
    while front:
        for user in front.pop().users:
            if user in seen:
                continue
            seen.add(user)
            if user not in data:
                front.append(user)
                continue
            called = module.get_submodule(str(user.target)) if user.op == "call_module" else None
            call = getattr(called, "call", user.target)
            name = getattr(call, "__name__", str(call)).strip("_")
            if name in ("add", "sub", "cat", "concat") or _as_bias(user, name, {node, *seen}):
                return True
    return False


_SUMS_OF_FIRST = ("addmm", "baddbmm", "addbmm", "addmv", "addcmul")
"""Calls that add what they are given first to a product of the rest."""


def _as_bias(user: fx.Node, name: str, constants: set[fx.Node]) -> bool:
    """Whether a call is given a constant as its bias (``qkv_bias`` of an attention)."""
    first = user.args[:1] if name in _SUMS_OF_FIRST else ()
    named = [value for key, value in user.kwargs.items() if key.endswith("bias")]
    return any(isinstance(one, fx.Node) and one in constants for one in (*first, *named))


class _Recorder(fx.Interpreter):
    """Runs a network call by call, and keeps the relevance of some outputs."""

    def __init__(self, module: fx.GraphModule, narrows: set[fx.Node]) -> None:
        super().__init__(module, garbage_collect_values=False)
        self._narrows = narrows
        self._found: dict[str, Tensor] = {}
        self._order: list[str] = []

    def run_node(self, n: fx.Node) -> Any:
        """Run a node; a hook sums the gradient of its output, which is relevance."""
        output = super().run_node(n)
        if n in self._narrows and isinstance(output, Tensor) and output.requires_grad:
            name = _readable(n)
            self._order.append(name)

            def keep(relevance: Tensor) -> None:
                self._found[name] = _by_image(relevance)

            output.register_hook(keep)  # type: ignore[no-untyped-call]
        return output

    def sums(self) -> Iterator[tuple[str, Tensor]]:
        """Sums of relevance by image, from the logits to the pixels."""
        for name in reversed(self._order):
            if name in self._found:
                yield name, self._found[name]


def _narrows(graph_: fx.Graph) -> Iterator[fx.Node]:
    """Nodes whose value is the only one of the pixels' that later nodes use."""
    data = graph.data_nodes(graph_)
    position = {node: place for place, node in enumerate(graph_.nodes)}
    end = {node: max((position[user] for user in node.users), default=-1) for node in data}
    alive: set[fx.Node] = set()
    for node in graph_.nodes:
        if node in data:
            alive = {one for one in alive if end[one] > position[node]} | {node}
            if len(alive) == 1 and node.op != "placeholder":
                yield node


def _readable(node: fx.Node) -> str:
    name = str(node.target) if node.op == "call_module" else f"{graph.place(node)}.{node.name}"
    return name.removeprefix(f"{graph.ROOT}.").strip(".")


def _by_image(relevance: Tensor) -> Tensor:
    """Sum over all but the first dimension."""
    return relevance.detach().reshape(*(relevance.shape[:1] or (1,)), -1).sum(dim=1)


def _median(sums: Tensor, logits: Tensor) -> float:
    """Median share; NaN where all logits are zero, infinite where relevance is not finite."""
    some = logits != 0
    if not bool(some.any()):
        return np.nan
    shares = (sums.double() / logits.double())[some].cpu().numpy()
    return float(np.median(shares)) if np.isfinite(shares).all() else np.inf
