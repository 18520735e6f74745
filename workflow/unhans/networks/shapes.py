"""Shapes: sizes of images, and what a network computes of them, known while the network is traced.

A forward may ask for the shape of what it is given: ``assert x.ndim == 4 and x.shape[1] == 3``, or
``if h % 2: x = F.pad(x, ...)``. torch.fx traces it without values and stops there. A network is explained
for images of one size, so that the answer is known: the calls above the question are run on tensors
without memory. An answer that depends on the number of images, or on their pixels, is none.
"""

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
        if any(isinstance(one, torch.Tensor) for one in values):
            raise UnknownValueError(f"{node.name} depends on the values of the images")
        if values[0] != values[1]:
            raise UnknownValueError(f"{node.name} depends on the number of images")
        return values[0]

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


class SizedProxy(fx.Proxy):
    """A value of a traced network that may be a known number: it counts, cuts and converts."""

    def __index__(self) -> int:
        return int(self.tracer.known_value(self.node))  # type: ignore[attr-defined]

    def __int__(self) -> int:
        return int(self.tracer.known_value(self.node))  # type: ignore[attr-defined]

    def __float__(self) -> float:
        return float(self.tracer.known_value(self.node))  # type: ignore[attr-defined]
