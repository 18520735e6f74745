"""Calls: what a network that is not rewritten computes besides its layers, by watching it run."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from unhans.errors import NotCoveredError
from unhans.networks import graph
from unhans.networks.call_table import MOVES, PRODUCTS
from unhans.networks.substitutes import CONVOLUTIONS

from zennit import types as zennit_types  # isort: skip - the graph lets torchvision be imported

FACTS = frozenset(
    (
        *(
            "size",
            "dim",
            "numel",
            "stride",
            "is_contiguous",
            "get_device",
            "item",
            "tolist",
            "bool",
        ),
        *("new_zeros", "new_ones", "gt", "lt", "ge", "le", "eq", "ne", "get"),
    )
)
"""Calls that ask for facts about a tensor, or compare it."""

_LAYERS = (
    "batch_norm",
    "layer_norm",
    "group_norm",
    "instance_norm",
    "multi_head_attention_forward",
)
"""Functions of layers with weights besides products and convolutions."""


class _Precision(TorchFunctionMode):
    """Notes the precision that a network computes in by ``torch.autocast``."""

    found = ""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if not self.found and torch.is_autocast_enabled("cpu"):
            self.found = str(torch.get_autocast_dtype("cpu")).removeprefix("torch.")
        return func(*args, **(kwargs or {}))


class _Watcher(TorchFunctionMode):
    """Notes functions that are called while no layer of PyTorch's own runs."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[tuple[str, bool]] = [("", False)]
        self.found: dict[str, None] = {}
        self.tail: list[tuple[str, str]] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        place, within_layer = self.places[-1]
        name = getattr(func, "__name__", "").strip("_")
        tensors = any(isinstance(one, Tensor) for one in args)
        if tensors and name not in FACTS:
            self.tail.append((name, f"{place or 'the network'} calls {name}"))
            if _has_weights(name, args, kwargs or {}):
                self.tail.clear()
        if tensors and not within_layer and name not in MOVES | FACTS:
            self.found[f"{place or 'the network'} calls {name}"] = None
        return func(*args, **(kwargs or {}))

    def hooks(self, module: nn.Module) -> list[RemovableHandle]:
        """Note which layer runs.

        Parameters
        ----------
        module : Module
            The network.

        Returns
        -------
        list of RemovableHandle

        """

        def enter(name: str, layer: nn.Module) -> Any:
            whole = type(layer).__module__.startswith("torch.nn") and not list(layer.children())
            return lambda *_: self.places.append((name, whole or self.places[-1][1]))

        handles = []
        for name, layer in module.named_modules():
            handles += [
                layer.register_forward_pre_hook(enter(name, layer)),
                layer.register_forward_hook(lambda *_: self.places.pop() and None),
            ]
        return handles


def _has_weights(name: str, args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether a call is a layer: it is given weights, more than one for each class."""
    if name in (*PRODUCTS, *CONVOLUTIONS, *_LAYERS):
        return True
    given = [one for one in (*args, *kwargs.values()) if isinstance(one, nn.Parameter)]
    return name != "prelu" and any(one.ndim > 1 and min(one.shape) > 1 for one in given)


def functional(module: nn.Module, images: Tensor) -> list[str]:
    """Name the functions that a network calls besides its layers.

    Parameters
    ----------
    module : Module
        In evaluation mode.
    images : Tensor, shape (n, c, h, w)
        It is run with.

    Returns
    -------
    list of str
        Each with the path of the module that calls it, in their order.

    """
    watcher = _Watcher()
    with watcher:
        _run(module, images, watcher.hooks(module))
    return list(watcher.found)


def tail(module: nn.Module, images: Tensor) -> list[tuple[str, str]]:
    """Name the functions that a network calls after its last weights, within its layers too.

    Parameters
    ----------
    module : Module
        In evaluation mode.
    images : Tensor, shape (n, c, h, w)
        It is run with.

    Returns
    -------
    list of (str, str)
        The function, and the module that calls it in words.

    """
    watcher = _Watcher()
    with watcher:
        _run(module, images, watcher.hooks(module))
    return watcher.tail


def autocast(module: nn.Module, images: Tensor) -> str:
    """Name the precision that a network computes in by ``torch.autocast`` of its own.

    Parameters
    ----------
    module : Module
        In evaluation mode.
    images : Tensor, shape (n, c, h, w)
        It is run with.

    Returns
    -------
    str
        ``bfloat16``, say; empty where it computes in that of its weights.

    """
    precision = _Precision()
    with precision:
        _run(module, images, [])
    return precision.found


def counts(module: nn.Module, images: Tensor) -> dict[str, int]:
    """Count how often each layer that zennit has a rule with memory for is called.

    Parameters
    ----------
    module : Module
        In evaluation mode.
    images : Tensor, shape (n, c, h, w)
        It is run with.

    Returns
    -------
    dict of str to int
        By name of the convolution, dense layer or average pooling, in the order of first calls.

    """
    found: Counter[str] = Counter()
    kinds = (zennit_types.Linear, zennit_types.AvgPool)
    handles = [
        layer.register_forward_pre_hook(lambda *_, name=name: found.update([name]))
        for name, layer in module.named_modules()
        if isinstance(layer, kinds)
    ]
    _run(module, images, handles)
    return dict(found)


def _run(module: nn.Module, images: Tensor, handles: Sequence[RemovableHandle]) -> None:
    """Run a network, and take its hooks off again."""
    try:
        with torch.no_grad():
            module(images)
    finally:
        for handle in handles:
            handle.remove()


def untraced(module: nn.Module, images: Tensor) -> str:
    """Say why a network is not rewritten.

    Parameters
    ----------
    module : Module
        The network.
    images : Tensor, shape (n, c, h, w)
        Of the shape that it is given.

    Returns
    -------
    str
        The reason that torch.fx gives.

    """
    if not list(module.children()):
        return "it is a single layer"
    try:
        graph.traced(module, tuple(images.shape[1:]))
    except NotCoveredError as error:
        return str(error)
    return "as asked"
