"""Canonizers: networks rewritten for the time of an explanation, so that LRP's rules fit them.

LRP's rules are made for linear layers followed by an activation. Batch norm, additions and functional
calls in a forward have another form. A *canonizer* rewrites the network into an equal one of that form
for the time of an explanation, and restores it afterwards, bit for bit.

`GraphCanonizer` does this for any network that torch.fx can trace:

- its calls are modules in the order in which they are called, so that the rule of the first layer goes
  to the layer that sees the pixels;
- each batch norm is merged into the linear layer before or after it. Where it normalises what other
  layers read too (DenseNet) it stays, and relevance passes it unchanged: with the activation behind it it
  counts as one function of one value;
- additions, products, attention, norms and other functional calls become modules with rules
  (`operations`);
- softmax or sigmoid at the end is taken off, so that logits are explained;
- an average pooling goes before the 1 x 1 convolution that it follows, with which it commutes.

docs/results/networks.md has, for each of torchvision's classifiers, how much relevance is conserved.
Without biases the sum of relevance is the logit, but for the stabilisers and for values without any
positive product. A bias absorbs relevance by its contribution to a layer's output. In
EfficientNet-Lite0, whose depthwise convolutions have nine inputs with few positive products, biases
absorb nearly all, so that its maps can be compared in shape and not in sum. In DenseNet, the batch norms
that cannot be merged could also be 1 x 1 depthwise convolutions: under z+ their shifts then absorb half
of the relevance (0.50), and under epsilon contributions of opposite sign multiply it (4.5); passed
unchanged it is 0.89, which the biases of the other layers leave.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import fx, nn

from unhans.errors import InputError, NotCoveredError
from unhans.networks import _torchvision, graph, norms, outputs
from unhans.networks.call_table import PRODUCTS
from unhans.networks.operations import Operation, Proportional
from unhans.networks.rewriting import Rewriter

_torchvision.allow_import()

from zennit.canonizers import Canonizer  # noqa: E402 - imports torchvision
from zennit.types import Linear  # noqa: E402

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
"""Attributes of a module that hold its hooks."""

Canonizers = Callable[[], list[Canonizer]]
"""Makes new canonizers for one composite; zennit's are not to be shared."""


@dataclass(frozen=True, eq=False)
class Canonical:
    """A network in the form that LRP's rules are made for.

    Parameters
    ----------
    module : GraphModule
        Equal to the network. Its layers are the network's own or copies that share their weights.
    first_layers : tuple of str
        Names of the layers that see the pixels, within the network.
    remarks : tuple of str
        What a person should know.
    unknown : tuple of str
        Calls that carry relevance and that no rule is known for, with their place.

    """

    module: fx.GraphModule
    first_layers: tuple[str, ...]
    remarks: tuple[str, ...]
    unknown: tuple[str, ...] = ()


class GraphCanonizer(Canonizer):  # type: ignore[misc]
    """Rewrites any network that torch.fx can trace; see the module's text.

    Parameters
    ----------
    form : Canonical, optional
        Of a network that was rewritten before.

    """

    def __init__(self, form: "Canonical | None" = None) -> None:
        self._form = form
        self._module: nn.Module | None = None
        self._parts: dict[str, nn.Module | None] = {}
        self._outermost: dict[str, Any] = {}

    def form(self, module: nn.Module, shape: tuple[int, ...] | None = None) -> "Canonical | None":
        """Rewrite a network once, for `apply` and for those who ask about it.

        Parameters
        ----------
        module : Module
            The network, in evaluation mode and on its device.
        shape : tuple of int, optional
            Of its images; see `graph.traced`.

        Returns
        -------
        Canonical or None
            None for a network that cannot be traced, and for a single layer.

        """
        if self._form is None and list(module.children()):
            try:
                self._form = canonical(module, shape)
            except NotCoveredError:
                return None
        return self._form

    def apply(self, root_module: nn.Module) -> "list[GraphCanonizer]":
        """Give a network the form that LRP's rules are made for.

        Parameters
        ----------
        root_module : Module
            The network, in evaluation mode.

        Returns
        -------
        list of GraphCanonizer
            One, and removing it restores the network; none for a network that cannot be traced.

        Raises
        ------
        InputError
            The network's class has a ``__call__`` of its own; see `outputs.enclosed`.

        """
        if self.form(root_module) is None:
            return []
        if outputs.has_own_call(root_module):
            raise InputError(
                f"the {type(root_module).__name__} has a __call__ of its own, which would act on what it "
                "acted on; expected its steps in forward, or outputs.enclosed(module)"
            )
        instance = self.copy()
        instance.register(root_module)
        return [instance]

    def register(self, root_module: nn.Module) -> None:
        """Put the rewritten calls in place of the network's own.

        The calls hold what hooks of the network and a forward of its instance do: both are laid aside.

        Parameters
        ----------
        root_module : Module
            The network.

        """
        made = self._form.module  # type: ignore[union-attr]
        self._module, self._parts = root_module, root_module._modules
        own = vars(root_module)
        self._outermost = {name: own[name] for name in (*HOOKS, "forward") if name in own}
        own.update({name: OrderedDict() for name in HOOKS})
        root_module._modules = made.get_submodule(graph.ROOT)._modules
        root_module.forward = made.forward

    def remove(self) -> None:
        """Restore the network."""
        if self._module is not None:
            self._module._modules = self._parts
            del self._module.forward
            vars(self._module).update(self._outermost)
            self._module = None

    def copy(self) -> "GraphCanonizer":
        """Make another instance, with what was rewritten already.

        Returns
        -------
        GraphCanonizer

        """
        return GraphCanonizer(self._form)


def canonical(module: nn.Module, shape: tuple[int, ...] | None = None) -> Canonical:
    """Rewrite a network into an equal one that LRP's rules fit.

    Parameters
    ----------
    module : Module
        From images to logits; it is left as it was.
    shape : tuple of int, optional
        Of its images; see `graph.traced`.

    Returns
    -------
    Canonical

    Raises
    ------
    NotCoveredError
        The network cannot be traced.

    """
    modes = [(part, part.training) for part in module.modules()]
    made = graph.traced(module, shape)
    rewriter = Rewriter(made)
    rewriter.run()
    norms.merge(made)
    norms.pool_first(made, _first_layers(made))
    made.graph.lint()
    made.recompile()
    made.delete_all_unused_submodules()
    ordered = fx.GraphModule(made, made.graph)  # its layers stand in the order of their calls
    carrying = _carrying(ordered)
    unknown = [text for node, text in rewriter.unknown.items() if node in carrying]
    remarks = [f"{text}, for which there is no rule" for text in unknown]
    if not _first_layers(ordered):
        remarks.append("no layer sees the pixels alone: the first layer's rule is given to none")
    ordered.eval()
    for part, mode in modes:  # layers of the network's own are among those of its other form
        part.training = mode
    said = tuple(dict.fromkeys(remarks))
    return Canonical(ordered, _first_layers(ordered), said, tuple(dict.fromkeys(unknown)))


def generic() -> list[Canonizer]:
    """Make the canonizer of any network.

    Returns
    -------
    list of Canonizer

    """
    return [GraphCanonizer()]


def _carrying(module: fx.GraphModule) -> set[fx.Node]:
    """Nodes that relevance passes on its way from the logits to the pixels."""
    data = graph.data_nodes(module.graph)
    found = {node for node in module.graph.nodes if node.op == "output"}
    for node in reversed(module.graph.nodes):
        if node not in found:
            continue
        sources = set(node.all_input_nodes)
        called = module.get_submodule(str(node.target)) if node.op == "call_module" else None
        if isinstance(called, Operation):
            sources = {node.args[place] for place in called.signals}
        found |= sources & data
    return found


def _first_layers(module: fx.GraphModule) -> tuple[str, ...]:
    """Names of the linear layers that are given pixels, and nothing that a layer made of them."""
    data = graph.data_nodes(module.graph)
    seen: set[fx.Node] = set()
    found: dict[str, None] = {}
    for node in module.graph.nodes:
        if node not in data or not graph.sees_alone(node, seen, data):
            continue
        called = module.get_submodule(str(node.target)) if node.op == "call_module" else None
        if isinstance(called, Linear):
            found[str(node.target).removeprefix(f"{graph.ROOT}.")] = None
        elif not _is_product(called):
            seen.add(node)
    return tuple(found)


def _is_product(called: nn.Module | None) -> bool:
    call = getattr(called, "call", None) if isinstance(called, Proportional) else None
    return getattr(call, "__name__", "") in PRODUCTS
