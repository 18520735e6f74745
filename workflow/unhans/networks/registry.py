"""Registry: classifiers by name, each with its weights, its transform and its canonizers."""

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
from unhans.networks import _torchvision, canonizers, lite0, pretrained
from unhans.networks.canonizers import ARCHITECTURES, Canonizers

_torchvision.allow_import()

from torchvision import models  # noqa: E402 - needs the operators declared
from zennit.canonizers import Canonizer  # noqa: E402 - imports torchvision
from zennit.types import Linear  # noqa: E402


@dataclass(frozen=True, eq=False)
class Network:
    """A classifier and what is needed to explain it.

    Parameters
    ----------
    module : Module
        From images (n, channels, crop, crop) to logits (n, classes), in evaluation mode.
    canonizers : callable
        Makes new canonizers at each call, for one zennit composite.
    transform : Transform or None
        From an image file to an input; None for digits, which need none.
    classes : int
        Logits of the network.
    first_layer : str
        Name of the layer that sees the pixels.
    notes : tuple of str
        What a person should know of how it was made, such as which of a file's weights were taken.

    """

    module: nn.Module
    canonizers: Canonizers
    transform: Transform | None
    classes: int
    first_layer: str
    notes: tuple[str, ...] = ()

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
            for canonizer in self.canonizers():
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
        One of `canonizers.ARCHITECTURES`, or ``package.module:function``. The function takes no
        arguments and returns a `Network` or an ``nn.Module``. A module is explained with ImageNet's
        usual transform, and without canonizers unless its kind is known (torchvision's VGG, ResNet
        and DenseNet, and nested ``nn.Sequential``).
    weights : str or Path, optional
        The name of published weights such as ``IMAGENET1K_V1``, or a local file: safetensors, or a
        file of torch (`choices.WEIGHT_FILES`), as `checkpoints.choose` reads it. By default they are
        random, or what the function made.
    sha256 : str, optional
        Of the file of weights: its first eight digits or more.
    seed : int
        Of random weights.
    classes : int
        Logits of the network.
    transform : Changes or Transform, optional
        What differs from the transform that comes with the network, or another one.

    Returns
    -------
    Network
        In evaluation mode, on the CPU.

    Raises
    ------
    InputError
        The name of the architecture or of the weights is unknown, or the classes do not fit.
    ConfigError
        A package is missing, a function of the user's own fails, or the hash is none.
    StoreError
        A file of weights is missing, damaged, has another hash, holds code, fits another network, or
        cannot be downloaded.

    """
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{8,64}", sha256):
        raise ConfigError(
            f"sha256 '{sha256}' is not a SHA-256; expected 64 hexadecimal digits or a prefix of them"
        )
    if weights is None and sha256 is not None:
        raise ConfigError("sha256 is given but no file of weights")
    if ":" in architecture:
        network = _from_function(architecture, seed, classes, transform)
        usual = network.transform or IMAGENET
        source = None if weights is None else pretrained.local(Path(weights), usual)
    else:
        _check_name(architecture)
        source = None if weights is None else pretrained.find(architecture, weights, classes)
        network = _from_name(architecture, seed, classes, source, transform)
    if source is not None:
        pretrained.check_hash(source, sha256)
        taken = pretrained.fill(network.module, source.path)
        network = replace(network, notes=(*network.notes, *taken))
    network.module.eval()
    return network


def _from_name(
    architecture: str,
    seed: int,
    classes: int,
    source: pretrained.Source | None,
    changes: Changes | Transform | None,
) -> Network:
    with _seeded(seed):
        if architecture == "efficientnet_lite0":
            # Without an image size the padding is computed from each input, as TensorFlow does.
            module = lite0.package().EfficientNet.from_name(
                "efficientnet-lite0", num_classes=classes, image_size=None
            )
        else:
            module = models.get_model(architecture, weights=None, num_classes=classes)
    usual = LITE0 if architecture == "efficientnet_lite0" else IMAGENET
    transform = _changed(source.transform if source is not None else usual, changes)
    if transform is not None and transform.channels != 3:
        raise ConfigError(
            f"network '{architecture}' is given images of {transform.channels} channels by its "
            "transform; expected 3"
        )
    return Network(module, ARCHITECTURES[architecture], transform, classes, _first_layer(module))


def _changed(usual: Transform | None, changes: Changes | Transform | None) -> Transform | None:
    return changes.applied(usual) if isinstance(changes, Changes) else changes or usual


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


def _first_layer(module: nn.Module) -> str:
    """Name of the first layer with weights; modules stand in the order in which they were made."""
    for name, layer in module.named_modules():
        if isinstance(layer, Linear):
            return str(name)
    raise ConfigError(f"{type(module).__name__} has no convolution and no dense layer to explain")


def _from_function(
    architecture: str, seed: int, classes: int, changes: Changes | Transform | None
) -> Network:
    module_name, _, name = architecture.partition(":")
    with _seeded(seed):
        try:
            made = getattr(importlib.import_module(module_name), name)()
        except Exception as error:  # any code may stand there
            raise ConfigError(
                f"network '{architecture}': {type(error).__name__}: {error}; expected "
                "package.module:function, importable from here, that works without arguments"
            ) from error
    if isinstance(made, nn.Module):
        made = Network(made, canonizers.of_module(made, architecture), IMAGENET, classes, "")
    if not isinstance(made, Network):
        raise ConfigError(
            f"network '{architecture}' returned {type(made).__name__}; "
            "expected a torch.nn.Module or an unhans.networks.registry.Network"
        )
    first = made.first_layer or _first_layer(made.module)
    network = replace(made, transform=_changed(made.transform, changes), first_layer=first)
    network.module.eval()
    _check_output(network, architecture, classes)
    return network


def _check_output(network: Network, architecture: str, classes: int) -> None:
    if network.transform is None:
        raise ConfigError(f"network '{architecture}' has no transform; set Network.transform")
    size, channels = network.transform.crop, network.transform.channels
    try:
        with torch.no_grad():
            shape = tuple(network.module(torch.zeros(1, channels, size, size)).shape)
    except Exception as error:  # any code may stand there
        raise ConfigError(
            f"network '{architecture}' fails on an input of (1, {channels}, {size}, {size}): {error}"
        ) from error
    if shape != (1, network.classes) or network.classes != classes:
        raise InputError(
            f"network '{architecture}' gives an output of {shape} and names "
            f"{network.classes} classes; expected (1, {classes})"
        )
