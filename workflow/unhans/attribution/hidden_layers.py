"""Hidden layers: the places of a network where relevance is summarised, by name.

A layer is named as in ``module.named_modules()``. Explanations run a rewritten form of the network
(`networks.canonizers`), in which norms are merged into the layers before them. A layer's output is
therefore taken behind what follows it alone and changes no relevance: its norm and its activation. So
``_blocks.5._expand_conv`` of EfficientNet-Lite0 stands for the 240 expanded channels of block 5 behind
their ReLU6. A name of several layers, such as ``_blocks.5`` or ``layer3``, stands for the last value that
is computed in it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import fx, nn

from unhans.attribution import layer_axes
from unhans.attribution.layer_axes import Axes
from unhans.errors import InputError
from unhans.networks import _torchvision, graph
from unhans.networks.canonizers import Canonical, GraphCanonizer
from unhans.networks.inference import evaluating
from unhans.networks.operations import Pass
from unhans.networks.registry import Network

_torchvision.allow_import()

from zennit.canonizers import Canonizer  # noqa: E402 - imports torchvision
from zennit.types import Activation, BatchNorm, Convolution, Linear  # noqa: E402

GREATEST_STRIDE = 16
"""Layers whose maps are coarser are not chosen automatically, unless all are."""


def find(
    module: nn.Module, canonizers: Sequence[Canonizer], names: Sequence[str]
) -> dict[str, str]:
    """Find layers in the form of a network that is explained.

    Parameters
    ----------
    module : Module
        The network, in evaluation mode.
    canonizers : sequence of Canonizer
        That rewrite it (`Network.rewriters`).
    names : sequence of str
        Layers of the network.

    Returns
    -------
    dict of str to str
        By name: the part of the rewritten network whose output is the layer's.

    Raises
    ------
    InputError
        The network has no such layer, calls it several times, or its output is that of no part.

    """
    if not names:
        return {}
    form = _form(module, canonizers)
    if form is None:
        return {name: _plain(module, name) for name in names}
    return {name: _part(module, form, name) for name in names}


def automatic(network: Network, image: NDArray[np.float32]) -> tuple[str, ...]:
    """Choose layers at three depths.

    Among convolutions that an activation follows and the last dense layers of MLPs, of the two greatest
    strides up to 16: the last one of the finer stride, the middle one and the last one of the coarser.
    The stride is that of the map against the image, rounded to a power of two. In EfficientNet-Lite0
    these are the expanded channels of blocks 5 (28 x 28), 8 and 11 (14 x 14); in the small network for
    digits convolutions ``2`` (28 x 28), ``5`` and ``7`` (14 x 14); in Swin-T the last layers of the MLPs
    of ``features.3.1`` (28 x 28), ``features.5.2`` and ``features.5.5`` (14 x 14).

    A plain vision transformer has one stride, whatever it is: its MLPs at a quarter, at half and at three
    quarters of the depth. Where tokens lie nowhere in the image the last block does not count: if such a
    token alone is read, no relevance reaches the others there.

    The last layer of an MLP is taken and not the hidden one, which is mostly four times as wide: of
    ViT-B/16 three would take 590 kB an image and not 147, before compression, and the indicators
    `recurring` and `channels` 175 s of one core for 1,300 images and not 37
    (``tests/benchmarks/hidden_indicators.py --channels``).

    Parameters
    ----------
    network : Network
        In evaluation mode.
    image : ndarray of float32, shape (c, h, w)
        An input of the network; its size counts only.

    Returns
    -------
    tuple of str
        Names, from the pixels to the logits: three, or fewer in a network that has fewer. None in one
        without such layers and in one that cannot be traced.

    """
    form = _form(network.module, network.rewriters()[0])
    if form is None:
        return ()
    nodes = [
        node
        for node in _candidates(form.module)
        if _can_be_kept(network.module, form, _inner(node))
    ]
    with evaluating(form.module):
        found = layer_axes.of_nodes(form.module, nodes, image.shape)
    strides: dict[int, list[fx.Node]] = {}
    for node, lies in found.items():
        if isinstance(lies, Axes) and lies.size is not None:
            stride = 2 ** round(np.log2(image.shape[1] / lies.size[0]))
            strides.setdefault(stride, []).append(node)
    apart = {node for node, lies in found.items() if isinstance(lies, Axes) and lies.apart}
    return tuple(dict.fromkeys(_inner(node) for node in _chosen(form.module, strides, apart)))


def _chosen(
    module: fx.GraphModule, strides: Mapping[int, list[fx.Node]], apart: set[fx.Node]
) -> list[fx.Node]:
    """Choose calls at three depths; those in ``apart`` have tokens that lie nowhere in the image."""
    fitting = [one for one in sorted(strides) if one <= GREATEST_STRIDE] or sorted(strides)[:1]
    if not fitting:
        return []
    *finer, coarser = (strides[stride] for stride in fitting)
    if coarser[-1] in apart:
        coarser = coarser[:-1] or coarser
    if not finer and not isinstance(_called(module, coarser[0]), Convolution):
        return [coarser[quarter * len(coarser) // 4] for quarter in (1, 2, 3)]
    return [*(one[-1] for one in finer[-1:]), coarser[(len(coarser) - 1) // 2], coarser[-1]]


def axes(
    module: nn.Module,
    canonizers: Sequence[Canonizer],
    parts: Mapping[str, str],
    shape: tuple[int, ...],
) -> dict[str, Axes | str]:
    """Find how the outputs of layers lie.

    Parameters
    ----------
    module, canonizers : Module, sequence of Canonizer
        As `find` takes them.
    parts : mapping of str to str
        From `find`.
    shape : tuple of int
        Of an image: (c, h, w).

    Returns
    -------
    dict of str to Axes or str
        By part; the reason where it is not known.

    """
    if not parts:
        return {}
    form = _form(module, canonizers)
    if form is None:
        return {part: layer_axes.of_part(module.get_submodule(part)) for part in parts.values()}
    wanted = set(parts.values())
    calls = (node for node in form.module.graph.nodes if node.op == "call_module")
    nodes = {node: _inner(node) for node in calls if _inner(node) in wanted}
    found = layer_axes.of_nodes(form.module, nodes, shape)
    return {part: found[node] for node, part in nodes.items()}


def _form(module: nn.Module, canonizers: Sequence[Canonizer]) -> Canonical | None:
    """Give the rewritten form of a network; None where other canonizers work, or none can."""
    forms = (one.form(module) for one in canonizers if isinstance(one, GraphCanonizer))
    return next(forms, None)


def _plain(module: nn.Module, name: str) -> str:
    if not name or name not in dict(module.named_modules()):
        raise _unknown(module, name)
    return name


def _part(network: nn.Module, form: Canonical, name: str) -> str:
    """Find the part whose output is that of a layer, behind its norm and activation."""
    module = form.module
    data = graph.data_nodes(module.graph)
    own = [node for node in module.graph.nodes if node in data and _lies_in(node, name)]
    if not name or not own:
        raise _unknown(network, name)
    calls = Counter(place for place in map(graph.place, own) if _is_layer(network, place, name))
    again = [f"{place} {count} times" for place, count in calls.items() if count > 1]
    if again:
        raise InputError(f"layer '{name}' calls {again[0]}; expected layers that are called once")
    node = own[-1]
    while (follower := _follower(module, node)) is not None:
        node = follower
    if node.op != "call_module":
        raise InputError(f"layer '{name}' ends with {node.name}; expected a layer of the network")
    return _inner(node)


def _can_be_kept(network: nn.Module, form: Canonical, name: str) -> bool:
    """Whether a layer is one of the network's, and has one output, that of a part."""
    try:
        network.get_submodule(name)
        _part(network, form, name)
    except (AttributeError, InputError):
        return False
    return True


def _is_layer(network: nn.Module, place: str, name: str) -> bool:
    """Whether a place is one of PyTorch's layers, and all values there are its calls."""
    try:
        part = network.get_submodule(place)
    except AttributeError:  # a name of the rewritten form
        return False
    if isinstance(part, Linear):
        return True
    return place == name and type(part).__module__.startswith("torch.nn.modules.activation")


def _lies_in(node: fx.Node, name: str) -> bool:
    """Whether a value is computed by a layer, or inside it."""
    places = [graph.place(node), _inner(node) if node.op == "call_module" else ""]
    return any(f"{place}.".startswith(f"{name}.") for place in places)


def _follower(module: fx.GraphModule, node: fx.Node) -> fx.Node | None:
    """Give the norm or activation that alone reads a value."""
    if len(node.users) != 1:
        return None
    (user,) = node.users
    return user if isinstance(_called(module, user), Activation | BatchNorm | Pass) else None


def _called(module: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    return module.get_submodule(str(node.target)) if node.op == "call_module" else None


def _inner(node: fx.Node) -> str:
    return str(node.target).removeprefix(f"{graph.ROOT}.")


def _unknown(module: nn.Module, name: str) -> InputError:
    some = [one for one, part in module.named_modules() if isinstance(part, Convolution)]
    known = ", ".join(some[:: max(1, len(some) // 3)][:3])
    return InputError(f"the network has no layer '{name}'; expected one such as {known}")


def _candidates(module: fx.GraphModule) -> Iterator[fx.Node]:
    """Find convolutions that an activation follows, and the last dense layers of MLPs."""
    for node in module.graph.nodes:
        if not isinstance(_called(module, node), Convolution | nn.Linear):
            continue
        last, activated = node, False
        while (follower := _follower(module, last)) is not None:
            last = follower
            activated |= not isinstance(_called(module, last), BatchNorm)
        if activated and isinstance(_called(module, node), Convolution):
            yield node
        elif activated and len(last.users) == 1:
            (user,) = last.users
            yield from [user] if isinstance(_called(module, user), nn.Linear) else []
