"""Shapes: sizes of images, and what a network computes of them, known while the network is traced.

A forward may ask for the shape of what it is given: ``assert x.ndim == 4 and x.shape[1] == 3``, or
``if h % 2: x = F.pad(x, ...)``. torch.fx traces it without values and stops there. A network is explained
for images of one size, so that the answer is known: the calls above the question are run on tensors
without memory. An answer that depends on the number of images, or on their pixels, is none.
"""

import operator
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import torch
from torch import fx, nn
from torch._subclasses.fake_tensor import FakeTensorMode

COUNTS = (2, 3)
"""Numbers of images for which a question must have the same answer."""


class UnknownValueError(Exception):
    """A value that a network is not known to have before it is given images."""


class Known:
    """Answers questions about the shapes in a network that is being traced.

    Parameters
    ----------
    root : Module
        That is traced.
    shape : tuple of int
        Of its images, without their number.

    """

    def __init__(self, root: nn.Module, shape: tuple[int, ...]) -> None:
        self.is_running = False
        """Whether calls are made, which must not be noted as those of the network."""
        self._root = root
        self._shape = shape
        self._modes = [FakeTensorMode(allow_non_fake_inputs=True) for _ in COUNTS]
        self._found: list[dict[fx.Node, Any]] = [{} for _ in COUNTS]

    def value(self, node: fx.Node) -> Any:
        """Compute what a node gives.

        Parameters
        ----------
        node : Node
            Of the unfinished graph.

        Returns
        -------
        any
            The same for each number of images.

        Raises
        ------
        UnknownValueError
            It depends on the images, or on their number, or cannot be computed without them.

        """
        values = self._values(node)
        if any(isinstance(one, torch.Tensor) for one in values):
            raise UnknownValueError(f"{node.name} depends on the values of the images")
        if values[0] != values[1]:
            raise UnknownValueError(f"{node.name} depends on the number of images")
        return values[0]

    def length(self, node: fx.Node) -> int:
        """Compute how many parts a node has: of a shape, of a tensor, or of several.

        Parameters
        ----------
        node : Node
            Of the unfinished graph.

        Returns
        -------
        int
            The same for each number of images.

        Raises
        ------
        UnknownValueError
            It depends on the number of images, or cannot be computed without them.

        """
        found = {len(one) for one in self._values(node)}
        if len(found) > 1:
            raise UnknownValueError(
                f"how many parts {node.name} has depends on the number of images"
            )
        return found.pop()

    def _values(self, node: fx.Node) -> list[Any]:
        """Compute what a node gives for each number of images."""
        self.is_running = True
        try:
            values = [self._run(node, place) for place in range(len(COUNTS))]
        except Exception as error:  # any call may stand there
            reason = str(error).strip().split("\n")[0]
            raise UnknownValueError(f"{node.name} is not known ({reason})") from error
        finally:
            self.is_running = False
        if any(isinstance(one, fx.Proxy) for one in values):
            raise UnknownValueError(f"{node.name} is not known")
        return values

    def _run(self, node: fx.Node, place: int) -> Any:
        """Run the calls that lead to a node."""
        found = self._found[place]
        front = [node]
        while front:
            one = front[-1]
            missing = [source for source in one.all_input_nodes if source not in found]
            if missing:
                front += missing
                continue
            front.pop()
            if one not in found:
                with torch.no_grad(), self._modes[place] as mode:
                    found[one] = self._one(one, found, mode, COUNTS[place])
        return found[node]

    def _one(self, node: fx.Node, found: dict[fx.Node, Any], mode: Any, count: int) -> Any:
        """Run one call."""
        if node.op == "placeholder":
            return torch.empty((count, *self._shape))
        target: Any = node.target
        if node.op == "get_attr":
            value: Any = self._root
            for name in target.split("."):
                value = getattr(value, name)
            return mode.from_tensor(value) if isinstance(value, torch.Tensor) else value
        given: Any = fx.map_arg((node.args, node.kwargs), found.__getitem__)
        args, kwargs = given
        if node.op == "call_module":
            return self._root.get_submodule(target)(*args, **kwargs)
        if node.op == "call_method":
            return getattr(args[0], target)(*args[1:], **kwargs)
        return target(*args, **kwargs)


class _Sized:
    """A value that may be a known number, or of a known number of parts: it counts, cuts and converts."""

    def __iter__(self) -> Iterator[fx.Proxy]:
        return iter([self[place] for place in range(len(self))])  # type: ignore[index]

    def __len__(self) -> int:
        return int(self.tracer.known_length(self.node))  # type: ignore[attr-defined]

    def __index__(self) -> int:
        return int(self.tracer.known_value(self.node))  # type: ignore[attr-defined]

    def __int__(self) -> int:
        return int(self.tracer.known_value(self.node))  # type: ignore[attr-defined]

    def __float__(self) -> float:
        return float(self.tracer.known_value(self.node))  # type: ignore[attr-defined]


class SizedAttribute(_Sized, fx.proxy.Attribute):
    """An attribute of such a value, such as its shape."""


class SizedProxy(_Sized, fx.Proxy):
    """A value of a traced network whose shape is known."""

    def __getattr__(self, name: str) -> SizedAttribute:
        return SizedAttribute(self, name)


def length(one: Any) -> Any:
    """Count the parts of a value of a traced network.

    Parameters
    ----------
    one : Proxy
        Of a tensor or a shape.

    Returns
    -------
    int or Proxy
        A number where it is known; else the first size of a tensor.

    Raises
    ------
    UnknownValueError
        It is a shape whose length is not known.

    """
    with suppress(UnknownValueError):
        if isinstance(one, _Sized):
            return type(one).__len__(one)
    if _is_shape(one.node):
        raise UnknownValueError(f"how many sizes {one.node.name} has is not known")
    return one.size(0)


def _is_shape(node: fx.Node) -> bool:
    if node.target is operator.getitem:
        return isinstance(node.args[1], slice) and _is_shape(node.args[0])  # type: ignore[arg-type]
    return (node.target is getattr and node.args[1] == "shape") or (
        node.op == "call_method" and node.target == "size" and len(node.args) == 1
    )
