"""Registry: classifiers by name or by a function of anyone's, with weights and transform."""

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from unhans.errors import ConfigError, InputError
from unhans.images.transform import IMAGENET, LITE0, Changes, Transform
from unhans.networks import (
    _torchvision,
    calls,
    canonizers,
    checkpoints,
    lite0,
    logits,
    opened,
    outputs,
    pretrained,
    unwrapping,
)
from unhans.networks.canonizers import Canonizers, GraphCanonizer

_torchvision.allow_import()

from torchvision import models  # noqa: E402 - needs the operators declared
from zennit.canonizers import Canonizer  # noqa: E402 - imports torchvision
from zennit.types import Linear  # noqa: E402

ARCHITECTURES = (*models.list_models(module=models), "efficientnet_lite0")
"""Networks by name: torchvision's classifiers and EfficientNet-Lite0."""


@dataclass(frozen=True, eq=False)
class Network:
    """A classifier and what is needed to explain it.

    Parameters
    ----------
    module : Module
        From images (n, channels, crop, crop) to logits (n, classes), in evaluation mode.
    canonizers : callable
        Makes new canonizers at each call, for one zennit composite. Where it makes none
        (``list``), the network is rewritten as `canonizers.GraphCanonizer` does it.
    transform : Transform or None
        From an image file to an input; None for digits, which need none.
    classes : int
        Logits of the network.
    first_layer : str
        Name of the layer that sees the pixels. Where it is empty, the layers that do are found by the
        order of calls.
    notes : tuple of str
        What a person should know of how it was made, such as which of a file's weights were taken.
    read : tuple of str
        Files that a function of the user's own read while it made the network.

    """

    module: nn.Module
    canonizers: Canonizers
    transform: Transform | None
    classes: int
    first_layer: str
    notes: tuple[str, ...] = ()
    read: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Shape of the images that it is given: channels, and both sides; None of digits."""
        if self.transform is None:
            return None
        return (self.transform.channels, self.transform.crop, self.transform.crop)

    def rewriters(self) -> tuple[list[Canonizer], tuple[str, ...] | None]:
        """Make canonizers, and name the layers that see the pixels.

        Returns
        -------
        canonizers : list of Canonizer
            For one composite.
        first_layers : tuple of str or None
            None where they are not known.

        Raises
        ------
        InputError
            The network has no layer of the name ``first_layer``.

        """
        made = self.canonizers() or [GraphCanonizer()]
        own = [one for one in made if isinstance(one, GraphCanonizer)]
        forms = [one.form(self.module, self.shape) for one in own]
        seen = forms[0].first_layers if forms and forms[0] is not None else None
        named = (self.first_layer,) if self.first_layer else None
        if named and self.first_layer not in dict(self.module.named_modules()):
            raise InputError(
                f"first_layer '{self.first_layer}' is no layer of the {type(self.module).__name__}"
            )
        return made, seen if not named or self.first_layer in (seen or ()) else named

    @contextmanager
    def canonized(self) -> Iterator[nn.Module]:
        """Rewrite the module by its canonizers for the time of a ``with``.

        Yields
        ------
        Module
            The module itself. Afterwards it is what it was, bit for bit.

        """
        applied: list[Canonizer] = []
        try:
            for canonizer in self.rewriters()[0]:
                applied += canonizer.apply(self.module)
            yield self.module
        finally:
            for instance in reversed(applied):
                instance.remove()


def load(
    architecture: str,
    weights: str | Path | None = None,
    sha256: str | None = None,
    seed: int = 0,
    classes: int = 1000,
    transform: Changes | Transform | None = None,
) -> Network:
    """Load a network by name with its weights, canonizers and transform.

    Parameters
    ----------
    architecture : str
        One of `ARCHITECTURES`, or ``package.module:function``. The function takes no arguments and
        returns a `Network` or an ``nn.Module``. A module is explained with ImageNet's usual transform.
        Its output may be what `logits.as_logits` reads.
    weights : str or Path, optional
        The name of published weights such as ``IMAGENET1K_V1``, or a local file: safetensors, or a
        file of torch (`choices.WEIGHT_FILES`), as `checkpoints.choose` reads it. By default they are
        random, or what the function made.
    sha256 : str, optional
        Of the file of weights: its first eight digits or more.
    seed : int
        Of random weights.
    classes : int
        Logits of a network with random weights; else the weights, or the function, say how many.
    transform : Changes or Transform, optional
        What differs from the transform that comes with the network, or another one.

    Returns
    -------
    Network
        In evaluation mode, on the CPU.

    Raises
    ------
    InputError
        The name of the architecture or of the weights is unknown.
    ConfigError
        A package is missing, a function of the user's own fails, or the hash is none.
    StoreError
        A file of weights is missing, damaged, has another hash, holds code, fits another network, or
        cannot be downloaded.

    """
    _check_sha256(sha256, weights)
    if ":" in architecture:
        network = _from_function(architecture, seed, transform)
        usual = network.transform or IMAGENET
        source = None if weights is None else pretrained.local(Path(weights), usual)
    else:
        _check_name(architecture)
        source = None if weights is None else pretrained.find(architecture, weights, classes)
        if source is not None:
            pretrained.check_hash(source, sha256)
        network = _from_name(architecture, seed, classes, source, transform)
    if source is not None:
        pretrained.check_hash(source, sha256)
        network = _filled(network, source)
    return replace(network, module=network.module.eval())


def _filled(network: Network, source: pretrained.Source) -> Network:
    taken = pretrained.fill(outputs.raw(network.module), source.path)
    return replace(network, notes=(*network.notes, *(f"weights: {one}" for one in taken)))


def for_classes(
    architecture: str,
    weights: str | Path | None,
    sha256: str | None,
    seed: int,
    classes: int,
    transform: Changes | Transform | None,
) -> Network:
    """Load a network to be trained further: with as many outputs as a corpus has classes.

    Parameters
    ----------
    architecture, weights, sha256, seed, transform : str, str or Path, str, int, Changes
        As `load` takes them.
    classes : int
        Of the corpus.

    Returns
    -------
    Network
        Layers whose shapes depend on the number of outputs are new, with weights drawn from the
        seed. A function of the user's own must return a network of so many outputs.

    Raises
    ------
    ConfigError, InputError, StoreError
        See `load`.

    """
    known = classes if weights is None else 1
    network = load(architecture, weights, sha256, seed, known, transform)
    if network.classes == classes:
        return network
    if ":" in architecture:
        raise ConfigError(
            f"network '{architecture}' has {network.classes} outputs; expected {classes}, one for each "
            "class of the corpus that it is trained on"
        )
    with _seeded(seed):
        module = _built(architecture, classes)
    state, old = module.state_dict(), network.module.state_dict()
    kept = {name: old[name] if old[name].shape == own.shape else own for name, own in state.items()}
    module.load_state_dict(kept)
    return replace(network, module=module.eval(), classes=classes)


def _from_name(
    architecture: str,
    seed: int,
    classes: int,
    source: pretrained.Source | None,
    changes: Changes | Transform | None,
) -> Network:
    usual = LITE0 if architecture == "efficientnet_lite0" else IMAGENET
    transform = _changed(source.transform if source is not None else usual, changes)
    if transform is not None and transform.channels != 3:
        raise ConfigError(
            f"network '{architecture}' is given images of {transform.channels} channels by its "
            "transform; expected 3"
        )
    if source is not None:
        classes = _outputs_of(architecture, source.path, classes)
    with _seeded(seed):
        module = _built(architecture, classes)
    first = _first_layer(module, _random(transform or usual))
    return Network(module, canonizers.generic, transform, classes, first)


def _built(architecture: str, classes: int) -> nn.Module:
    """Build a network by name."""
    if architecture == "efficientnet_lite0":
        # Without an image size the padding is computed from each input, as TensorFlow does.
        made: nn.Module = lite0.package().EfficientNet.from_name(
            "efficientnet-lite0", num_classes=classes, image_size=None
        )
        return made.eval()
    inception = architecture in pretrained.INCEPTION
    more = {"init_weights": False, "transform_input": False} if inception else {}
    made = models.get_model(architecture, weights=None, num_classes=classes, **more)
    return made.eval()


def _outputs_of(architecture: str, path: Path, classes: int) -> int:
    """Number of outputs that a file of weights has; ``classes`` where it does not say."""
    shapes = [_shapes(architecture, count) for count in (classes, classes + 1)]
    heads = [name for name, one in shapes[0].items() if one.shape != shapes[1][name].shape]
    state = checkpoints.choose(path, shapes[0]).state
    found = {len(state[name]) for name in heads if name in state and state[name].ndim}
    return found.pop() if len(found) == 1 else classes


def _shapes(architecture: str, classes: int) -> dict[str, torch.Tensor]:
    """State of a network of which only names and shapes count."""
    try:
        with torch.device("meta"):  # no memory and no time
            return _built(architecture, classes).state_dict()
    except NotImplementedError:  # some networks compute numbers while they are built
        return _built(architecture, classes).state_dict()


def _changed(usual: Transform | None, changes: Changes | Transform | None) -> Transform | None:
    return changes.applied(usual) if isinstance(changes, Changes) else changes or usual


def _check_sha256(sha256: str | None, weights: str | Path | None) -> None:
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{8,64}", sha256):
        raise ConfigError(
            f"sha256 '{sha256}' is not a SHA-256; expected 64 hexadecimal digits or a prefix of them"
        )
    if weights is None and sha256 is not None:
        raise ConfigError("sha256 is given but no file of weights")


def _check_name(architecture: str) -> None:
    if architecture not in ARCHITECTURES:
        near = pretrained.nearest(architecture, ARCHITECTURES)
        raise InputError(
            f"unknown network '{architecture}'{near}; expected "
            f"one of {', '.join(ARCHITECTURES)}, or package.module:function"
        )


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _random(transform: Transform) -> torch.Tensor:
    """Two inputs of noise."""
    shape = (2, transform.channels, transform.crop, transform.crop)
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def _first_layer(module: nn.Module, images: torch.Tensor) -> str:
    """Name of a layer that sees the pixels, by the order of calls; empty where none has a name."""
    form = GraphCanonizer().form(module, tuple(images.shape[1:]))
    named = dict(module.named_modules())
    called = calls.counts(module, images) if form is None else form.first_layers
    return next((name for name in called if isinstance(named.get(name), Linear)), "")


def _from_function(architecture: str, seed: int, changes: Changes | Transform | None) -> Network:
    # Lazy layers draw their weights when they are first called, and perhaps files are read then.
    with _seeded(seed), opened.files() as read:
        network = _made(architecture, changes)
    said = tuple(f"its code reads '{one}': an edit makes the network anew" for one in read)
    return replace(network, notes=(*network.notes, *said), read=tuple(read))


def _made(architecture: str, changes: Changes | Transform | None) -> Network:
    """Make a network by a function of a user's own."""
    made = unwrapping.unwrapped(_returned(architecture))
    if isinstance(made, nn.Module):
        unwrapping.require_layers(made, architecture)
        usual, said = unwrapping.usual_transform(made)
        made = Network(made, canonizers.generic, usual, 0, "", said)
    if not isinstance(made, Network):
        raise ConfigError(
            f"network '{architecture}' returned {type(made).__name__}; "
            "expected a torch.nn.Module or an unhans.networks.registry.Network"
        )
    inner = unwrapping.unwrapped(made.module)
    network = replace(made, module=inner, transform=_changed(made.transform, changes))
    unwrapping.require_layers(network.module, architecture)
    return _adapted(network, architecture)


def _returned(architecture: str) -> object:
    """Call a function of a user's own."""
    module_name, _, name = architecture.partition(":")
    try:
        return getattr(importlib.import_module(module_name), name)()
    except Exception as error:  # any code may stand there
        raise ConfigError(
            f"network '{architecture}': {type(error).__name__}: {error}; expected "
            "package.module:function, importable from here, that works without arguments"
        ) from error


def _adapted(network: Network, name: str) -> Network:
    """Make a network of anyone's give logits, and check what it says of itself."""
    if network.transform is None:
        raise ConfigError(f"network '{name}' has no transform; set Network.transform")
    images = _random(network.transform)
    layers = dict(network.module.named_modules())
    if network.first_layer and not isinstance(layers.get(network.first_layer), Linear):
        raise ConfigError(
            f"network '{name}': first_layer '{network.first_layer}' is no convolution and no dense "
            "layer of it"
        )
    converted = unwrapping.in_single_precision(network.module, images)
    module, remarks = logits.as_logits(network.module, images, name)
    module = outputs.enclosed(module)
    with torch.no_grad():
        found = module(images).shape[1]
    if network.classes not in (0, found):
        raise ConfigError(
            f"network '{name}' names {network.classes} classes, and has {found} outputs"
        )
    first = _first_layer(module, images)
    if network.first_layer:
        first = "network." * (module is not network.module) + network.first_layer
    notes = (*network.notes, *filter(None, (converted,)), *remarks)
    return replace(network, module=module, classes=found, first_layer=first, notes=notes)
