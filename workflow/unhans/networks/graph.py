"""Graph: the calls of a network in their order, traced with torch.fx, and what each carries."""

import builtins
import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import fx, nn

from unhans.errors import NotCoveredError
from unhans.networks import _torchvision, encoders, outputs, shapes

_torchvision.allow_import()

from torchvision.ops import FrozenBatchNorm2d  # noqa: E402 - needs the operators declared
from torchvision.transforms import Normalize  # noqa: E402
from zennit.layer import Sum  # noqa: E402
from zennit.types import Linear  # noqa: E402

ROOT = "network"
"""Name of the network within the graph; names of its own modules follow after a dot."""

_METADATA = frozenset(("shape", "ndim", "dtype", "device", "is_cuda", "requires_grad"))
_MEASURES = frozenset(("size", "dim", "numel", "nelement", "stride", "is_contiguous", "get_device"))


class _Holder(nn.Module):
    """Holds the network, so that its own hooks and a forward of its instance are traced too."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.add_module(ROOT, module)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run the network and take its logits."""
        found: torch.Tensor = outputs.first_tensor(self.get_submodule(ROOT)(x))
        return found


class _Tracer(fx.Tracer):
    """Takes PyTorch's layers whole, and layers derived from them where that is right."""

    def __init__(
        self, root: nn.Module, buffers: bool = False, shape: tuple[int, ...] | None = None
    ) -> None:
        super().__init__()
        self.proxy_buffer_attributes = buffers
        self._known = None if shape is None else shapes.Known(root, shape)
        derived = [
            part
            for part in root.modules()
            if isinstance(part, Linear) and not type(part).__module__.startswith("torch.nn")
        ]
        # Found out before anything is traced: tracing changes how modules are called.
        self._whole = {id(part): _uses_own_weight(part) for part in derived}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether a module is one call of the graph."""
        if isinstance(m, Sum | FrozenBatchNorm2d | outputs.Unsquash | Normalize):
            return True
        if type(m) in encoders.LAYERS:
            return False
        if id(m) in self._whole:
            return self._whole[id(m)]
        return super().is_leaf_module(m, module_qualified_name)

    def proxy(self, node: fx.Node) -> fx.Proxy:
        """Stand for what a node gives."""
        return super().proxy(node) if self._known is None else shapes.SizedProxy(node, self)

    def to_bool(self, obj: fx.Proxy) -> bool:
        """Answer a question about shapes."""
        return super().to_bool(obj) if self._known is None else bool(self.known_value(obj.node))

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        """Note the call of a module, or make it where a question is answered."""
        if self._known is not None and self._known.is_running:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """Stand for a parameter, or give it where a question is answered."""
        if self._known is not None and self._known.is_running:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def known_value(self, node: fx.Node) -> Any:
        """Value of a node that depends on the shape of images alone."""
        assert self._known is not None
        return self._known.value(node)

    def known_length(self, node: fx.Node) -> int:
        """Count the parts of a node, such as those of a shape."""
        assert self._known is not None
        return self._known.length(node)


def traced(module: nn.Module, shape: tuple[int, ...] | None = None) -> fx.GraphModule:
    """Trace a network in evaluation mode.

    Parameters
    ----------
    module : Module
        Network from images to logits. It is left as it was.
    shape : tuple of int, optional
        Of its images (c, h, w): a forward may ask for it, in an assertion or an ``if``. The graph is
        then the network's for images of that shape.

    Returns
    -------
    GraphModule
        Equal to it. Layers are the network's own; their names begin with `ROOT`. A node's module
        is given by `place`.

    Raises
    ------
    NotCoveredError
        The network cannot be traced, with the reason.

    """
    holder = _Holder(module)
    modes = [(part, part.training) for part in holder.modules()]
    try:
        holder.eval()
        return fx.GraphModule(holder, _graph(holder, shape))
    except Exception as error:  # a network's own code may raise anything
        reason = (str(error).strip() or type(error).__name__).split("\n")[0]
        raise NotCoveredError(f"it cannot be traced ({reason})") from error
    finally:
        for part, mode in modes:
            part.training = mode


def _graph(holder: nn.Module, shape: tuple[int, ...] | None) -> fx.Graph:
    """Trace for any shape where that can be done, else with sizes that are known."""
    # A buffer may be cut by a size that is known when the network runs.
    ways = [(buffers, known) for known in dict.fromkeys((None, shape)) for buffers in (False, True)]
    for buffers, known in ways[:-1]:
        with suppress(Exception):
            return _traced(holder, buffers, known)
    return _traced(holder, *ways[-1])


def _traced(holder: nn.Module, buffers: bool, shape: tuple[int, ...] | None) -> fx.Graph:
    with _measured_length(), encoders.plain():
        return _Tracer(holder, buffers, shape).trace(holder)


@contextmanager
def _measured_length() -> Iterator[None]:
    """Let ``len(x)`` of a traced tensor or shape have an answer; torch.fx refuses it."""
    usual = builtins.len

    def length(one: Any) -> Any:
        return shapes.length(one) if isinstance(one, fx.Proxy) else usual(one)

    builtins.len = length
    try:
        yield
    finally:
        builtins.len = usual


def place(node: fx.Node) -> str:
    """Name of the module in whose forward a node lies.

    Parameters
    ----------
    node : Node
        Of a traced network.

    Returns
    -------
    str
        Its path within the network; empty for the network itself.

    """
    frames = list(node.meta.get("nn_module_stack", {}).values())
    return re.sub(rf"^{ROOT}\.?", "", str(frames[-1][0])) if frames else ""


def function_name(node: fx.Node) -> str:
    """Name of the function or method that a node calls.

    Parameters
    ----------
    node : Node
        A call of a function or of a method.

    Returns
    -------
    str
        Without the underscores and the ``i`` of calls in place: ``add`` for ``operator.iadd`` and
        for ``Tensor.add_``. A function that is neither PyTorch's, torchvision's nor Python's has
        its module before its name.

    """
    if isinstance(node.target, str):
        return node.target.strip("_")
    target: Any = node.target
    name = plain_name(target)
    home = str(getattr(target, "__module__", None) or "torch").split(".")[0]
    if home not in ("torch", "torchvision", "_operator", "operator", "builtins", "math"):
        return f"{home}.{name}"
    if home in ("_operator", "operator"):
        name = re.sub(r"^i(?=add|sub|mul|truediv|matmul|pow)", "", name)
    return name.strip("_")


def plain_name(function: Any) -> str:
    """Name of a function; those of ``torch.special`` are called as others of the same meaning are.

    Parameters
    ----------
    function : callable
        Any.

    Returns
    -------
    str

    """
    name = str(getattr(function, "__name__", function)).removeprefix("special_")
    return "sigmoid" if name == "expit" else name


def sees_alone(node: fx.Node, seen: set[fx.Node], data: set[fx.Node]) -> bool:
    """Whether a node is given pixels and nothing that a layer made of them.

    Parameters
    ----------
    node : Node
        Of a graph.
    seen : set of Node
        Those before it of which this is true.
    data : set of Node
        See `data_nodes`.

    Returns
    -------
    bool

    """
    sources = [one for one in node.all_input_nodes if one in data]
    return node.op == "placeholder" or (bool(sources) and all(one in seen for one in sources))


def data_nodes(graph: fx.Graph) -> set[fx.Node]:
    """Nodes whose values depend on the pixels, and not on the shape of the input alone.

    Parameters
    ----------
    graph : Graph
        Of a network.

    Returns
    -------
    set of Node

    """
    found: set[fx.Node] = set()
    for node in graph.nodes:
        if node.op == "placeholder" or (
            not _measures(node) and any(one in found for one in node.all_input_nodes)
        ):
            found.add(node)
    return found


def constant(module: nn.Module, node: object) -> Any:
    """Compute the value of a node that depends on nothing but the network.

    Parameters
    ----------
    module : Module
        That the graph belongs to.
    node : Node, or anything else
        What is no node is its own value.

    Returns
    -------
    any
        Usually a tensor.

    """
    if not isinstance(node, fx.Node):
        return node
    if node.op == "get_attr":
        value: Any = module
        for name in str(node.target).split("."):
            value = getattr(value, name)
        return value
    given: Any = fx.map_arg((node.args, node.kwargs), lambda one: constant(module, one))
    args, kwargs = given
    target: Any = node.target
    with torch.no_grad():
        if node.op == "call_module":
            return module.get_submodule(target)(*args, **kwargs)
        if node.op == "call_method":
            return getattr(args[0], target)(*args[1:], **kwargs)
        return target(*args, **kwargs)


def _measures(node: fx.Node) -> bool:
    """Whether a node gives a shape or another fact about a tensor, and no values of it."""
    if node.op == "call_method":
        return node.target in _MEASURES
    if node.op == "call_function" and node.target is len:
        return True
    return node.op == "call_function" and node.target is getattr and node.args[1] in _METADATA


def _uses_own_weight(layer: nn.Module) -> bool:
    """Whether a layer derived from PyTorch's convolves with its weight as it is.

    Its forward may pad the image before. A layer that standardises its weight at each call is not
    taken whole: rules that change the weight would be undone.
    """
    try:
        graph = fx.Tracer().trace(layer)
    except Exception:  # padding computed from the image's size: such a layer is taken whole
        if is_linear_in_weight(layer):
            return True
        raise
    steps = [node for node in graph.nodes if node.op not in ("placeholder", "get_attr", "output")]
    weights = [node for node in graph.nodes if node.op == "get_attr" and node.target == "weight"]
    pads = all("pad" in str(step.target).lower() for step in steps[:-1])
    return bool(steps) and pads and any(step in weights[0].users for step in steps[-1:] if weights)


def is_linear_in_weight(layer: nn.Module) -> bool:
    """Whether twice the weight gives twice the output, but for the bias: rules change weights.

    Parameters
    ----------
    layer : Module
        A convolution or a dense layer, perhaps derived from PyTorch's.

    Returns
    -------
    bool
        True also where it cannot be tried.

    """
    if type(layer).__module__.startswith("torch.nn.modules"):
        return True
    probe = copy.deepcopy(layer)
    weight: Any = probe.weight
    if not isinstance(weight, torch.Tensor) or weight.ndim not in (2, 3, 4, 5):
        return True
    inputs = weight.shape[1] * getattr(probe, "groups", 1)
    sides = [2 * side + 7 for side in weight.shape[2:]]
    image = torch.rand(1, inputs, *sides, generator=torch.Generator().manual_seed(0))
    try:
        with torch.no_grad():
            if isinstance(probe.bias, torch.Tensor):
                probe.bias.zero_()
            once: torch.Tensor = probe(image.to(weight))
            weight.mul_(2)
            twice: torch.Tensor = probe(image.to(weight))
            return torch.allclose(twice, 2 * once, rtol=1e-3, atol=1e-6)
    except Exception:  # another input is expected
        return True
