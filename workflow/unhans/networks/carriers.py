"""Carriers: what relevance passes without a rule in a network that is not rewritten.

zennit's rules hang on layers. The gradient of everything else passes for relevance, and its sum may be
right by chance or by construction though the places are wrong: the gradient of an average gives each
place the same, whatever it shows.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from unhans.networks.call_table import ELEMENTWISE, MASKS, MOVES, NOTHING
from unhans.networks.calls import FACTS
from unhans.networks.outputs import first_tensor

from zennit import types as zennit_types  # isort: skip - the calls let torchvision be imported

HARMLESS = (MOVES | FACTS | MASKS | NOTHING | ELEMENTWISE | {"relu"}) - {
    *("softmax", "log_softmax", "softmin", "normalize", "rms_norm", "local_response_norm")
}
"""Functions that move values, or change each by itself: conservation judges these."""

HOOKED = (
    *(zennit_types.Linear, zennit_types.AvgPool, zennit_types.MaxPool, zennit_types.Activation),
    *(nn.Identity, nn.Flatten, nn.Unflatten, nn.PixelShuffle, nn.PixelUnshuffle, nn.Unfold),
    *(nn.ChannelShuffle, nn.modules.dropout._DropoutNd, nn.modules.padding._ConstantPadNd),
    *(nn.modules.padding._ReflectionPadNd, nn.modules.padding._ReplicationPadNd),
)
"""Layers that zennit has a rule for, or whose gradient is the relevance."""


UNEVEN = 0.05
"""From which difference of its factors from one a batch norm moves relevance between channels."""


class _Watcher(TorchFunctionMode):
    """Notes which functions a gradient passes that is sent back later."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[tuple[str, bool]] = [("", False)]
        self.found: dict[str, None] = {}

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        place, within_layer = self.places[-1]
        name = getattr(func, "__name__", "").strip("_")
        output = func(*args, **(kwargs or {}))
        if not within_layer and name not in HARMLESS:
            self.watch(output, f"{place or 'the network'} calls {name}")
        return output

    def watch(self, output: Any, said: str) -> None:
        """Note a call once a gradient passes what it gave."""
        for one in output if isinstance(output, tuple | list) else (output,):
            if isinstance(one, Tensor) and one.requires_grad:
                one.register_hook(lambda _: self.found.__setitem__(said, None))  # type: ignore[no-untyped-call]

    def enter(self, name: str, layer: nn.Module) -> list[RemovableHandle]:
        """Watch a layer of PyTorch's, or derived from one, as a whole."""
        own = type(layer).__module__.startswith("torch.nn") and not list(layer.children())
        whole = own or isinstance(layer, zennit_types.Linear)

        def before(*_: Any) -> None:
            self.places.append((name, whole or self.places[-1][1]))

        def after(_: nn.Module, __: Any, output: Any) -> None:
            self.places.pop()
            if whole and not isinstance(layer, HOOKED) and not _is_even(layer):
                self.watch(output, f"{name} is a {type(layer).__name__}")

        return [layer.register_forward_pre_hook(before), layer.register_forward_hook(after)]


def _is_even(layer: nn.Module) -> bool:
    """Whether a batch norm multiplies all its channels by one, nearly."""
    if not isinstance(layer, zennit_types.BatchNorm) or layer.running_var is None:
        return False
    scale = (layer.running_var + layer.eps).rsqrt()
    scale = scale if layer.weight is None else scale * layer.weight
    return bool(((scale - 1).abs() < UNEVEN).all())


def without_rule(module: nn.Module, images: Tensor) -> list[str]:
    """Name what relevance passes in a network that is not rewritten, and that no rule is known for.

    Parameters
    ----------
    module : Module
        In evaluation mode.
    images : Tensor, shape (n, c, h, w)
        It is run with.

    Returns
    -------
    list of str
        Functions besides layers, with the path of the module that calls them, and layers, from the
        pixels up. Empty, too, where no gradient reaches the pixels.

    """
    watcher, handles = _Watcher(), []
    for name, layer in module.named_modules():
        handles += watcher.enter(name, layer)
    try:
        with torch.enable_grad():
            pixels = images.clone().requires_grad_()
            given = pixels * 1  # what overwrites its input may do so
            with watcher:
                output = first_tensor(module(given))
            if output.requires_grad:
                torch.autograd.grad(output.abs().sum(), pixels, allow_unused=True)
    finally:
        for handle in handles:
            handle.remove()
    return list(reversed(watcher.found))
