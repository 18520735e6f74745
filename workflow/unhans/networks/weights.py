"""Weights: saved and loaded by their hash, and the record that names architecture and hash."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as loaded_tensors
from safetensors.torch import save
from torch import Tensor, nn

from unhans.errors import StoreError, one_line
from unhans.images import transform
from unhans.images.transform import Transform
from unhans.io.atomic import replacing
from unhans.io.store import Result
from unhans.networks import canonizers, inference, layout, outputs, registry, small
from unhans.networks.registry import Network


def save_weights(model: nn.Module, path: str | Path) -> str:
    """Save weights as safetensors, whole or not at all.

    A tensor that layers share is saved under each of its names.

    Parameters
    ----------
    model : Module
        The network.
    path : str or Path
        Of the file.

    Returns
    -------
    str
        SHA-256 of the file, 64 hexadecimal digits.

    Raises
    ------
    StoreError
        The file cannot be written, or the network's state holds more than tensors.

    """
    state = outputs.raw(model).state_dict()
    odd = [name for name, value in state.items() if not isinstance(value, Tensor)]
    if odd:
        raise StoreError(
            f"{path}: '{odd[0]}' of the network's state is no tensor; expected tensors"
        )
    # Layers may share a tensor, or have parts of one: each name gets its own copy in the file.
    content = save({name: tensor.detach().clone().contiguous() for name, tensor in state.items()})
    with replacing(path) as partial:
        partial.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def load_weights(model: nn.Module, path: str | Path, sha256: str) -> nn.Module:
    """Load weights that `save_weights` wrote, and set the network to evaluation.

    Parameters
    ----------
    model : Module
        The network; it takes the weights.
    path : str or Path
        Of the file.
    sha256 : str
        Of the file, 64 hexadecimal digits.

    Returns
    -------
    Module
        The same network.

    Raises
    ------
    StoreError
        The file is missing, has another hash, or fits another network.

    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise StoreError(
            f"{path}: has sha256 {found}, expected {sha256}; these are other weights than the "
            "training record names. Delete the file and run again"
        )
    try:
        model.load_state_dict(loaded_tensors(content))
    except (SafetensorError, RuntimeError) as error:
        raise StoreError(f"{path}: weights do not fit the network ({one_line(error)})") from error
    return model.eval()


def load(record: Result, path: str | Path) -> Network:
    """Load a network as the stage that made it left it.

    Parameters
    ----------
    record : Result
        Of that stage; its attributes name architecture, classes, hash and transform.
    path : str or Path
        File of the weights.

    Returns
    -------
    Network
        In evaluation mode, on the CPU.

    Raises
    ------
    StoreError
        The weights are missing, or not those that the record names.

    """
    noted = record.attributes
    name, classes, sha256 = noted["architecture"], noted["classes"], noted["sha256"]
    if name in small.ARCHITECTURES:
        module = load_weights(small.ARCHITECTURES[name](classes), path, sha256)
        return of_small(module, classes)
    used = Transform.of(noted["transform"])
    return registry.load(name, weights=path, sha256=sha256, classes=classes, transform=used)


_SHARED: dict[tuple[str, ...], Network] = {}
"""Networks that `shared` has loaded."""


def shared(record: Result, path: str | Path, device: str) -> Network:
    """Load a network once for all classes of a job.

    Parameters
    ----------
    record : Result
        See `load`.
    path : str or Path
        File of the weights.
    device : str
        See `inference.device`.

    Returns
    -------
    Network
        In evaluation mode, on the device. Of photographs on a CPU: laid out as is fastest there
        (`layout`).

    Raises
    ------
    ConfigError
        The machine has no such device.
    StoreError
        See `load`.
    """
    key = (str(record.path), str(record.attributes["fingerprint"]), str(path), device)
    if key not in _SHARED:
        network, place = load(record, path), inference.device(device)
        if network.transform is not None and place.type == "cpu":
            layout.lay_channels_last(network.module, network.transform)
        network.module.to(place)
        _SHARED[key] = network
    return _SHARED[key]


def of_small(module: nn.Module, classes: int) -> Network:
    """Describe a network that was trained here.

    Parameters
    ----------
    module : Module
        One of `small.ARCHITECTURES`.
    classes : int
        Its logits.

    Returns
    -------
    Network
        It takes digits as they are.

    """
    return Network(module.eval(), canonizers.generic, None, classes, "0")


def notes(
    network: Network,
    architecture: str,
    sha256: str,
    names: Sequence[str],
    check: Mapping[str, Any],
) -> dict[str, Any]:
    """Make the attributes of a network's record.

    Parameters
    ----------
    network : Network
        Whose weights were saved.
    architecture : str
        Its name.
    sha256 : str
        Of its file of weights.
    names : sequence of str
        Of its classes.
    check : mapping of str to JSON values
        What was found when it was checked.

    Returns
    -------
    dict
        Plain JSON values: what `load` needs, and the names of the classes.

    """
    used = network.transform
    return {
        "architecture": architecture,
        "classes": network.classes,
        "names": list(names),
        "sha256": sha256,
        "transform": None if used is None else asdict(used),
        "check": dict(check),
    }


def describe(network: Network, architecture: str) -> str:
    """Say what network was made, what it is given of an image, and which weights were taken.

    Parameters
    ----------
    network : Network
        That was made.
    architecture : str
        Its name.

    Returns
    -------
    str
        A line, and one for each of the network's notes.

    """
    given = transform.describe(network.transform)
    lines = [f"model: {architecture}: {network.classes} classes; input: {given}"]
    return "\n".join([*lines, *(f"model: {note}" for note in network.notes)])


def as_array(sha256: str) -> NDArray[np.uint8]:
    """Return a digest as bytes, so that the fingerprint of a record covers it.

    Parameters
    ----------
    sha256 : str
        64 hexadecimal digits.

    Returns
    -------
    ndarray of uint8, shape (32,)

    """
    return np.frombuffer(bytes.fromhex(sha256), dtype=np.uint8)
