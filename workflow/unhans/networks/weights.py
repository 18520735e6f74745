"""Model: the network of a run: small ones trained here, others from `network`; weights by hash."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as loaded_tensors
from safetensors.torch import save
from torch import nn

from unhans.errors import InputError, StoreError
from unhans.images.transform import Transform
from unhans.io import store
from unhans.io.atomic import replacing
from unhans.networks import registry
from unhans.networks.registry import Network


def small_vgg(classes: int) -> nn.Sequential:
    """VGG in small, for 28 x 28 grey images: 3 x 3 convolutions, max pooling, dense layers."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
        *(nn.Linear(32 * 7 * 7, 128), nn.ReLU()),
        nn.Linear(128, classes),
    )


ARCHITECTURES: Mapping[str, Callable[[int], nn.Module]] = {"small_vgg": small_vgg}


def build(architecture: str, classes: int, seed: int) -> nn.Module:
    """Make a network with freshly drawn weights."""
    torch.manual_seed(seed)
    return ARCHITECTURES[architecture](classes)


def save_weights(model: nn.Module, path: str | Path) -> str:
    """Save weights as safetensors, whole or not at all; return their sha256."""
    content = save({name: tensor.contiguous() for name, tensor in model.state_dict().items()})
    with replacing(path) as partial:
        partial.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def load_weights(model: nn.Module, path: str | Path, sha256: str) -> nn.Module:
    """Load weights from safetensors, checked by hash, and set the network to evaluation.

    Raises
    ------
    StoreError
        The file is missing, is another than the one named by its hash, or fits another network.

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
        raise StoreError(f"{path}: weights do not fit the network ({error})") from error
    return model.eval()


def load(record: str | Path, weights: str | Path) -> Network:
    """Load a network as the stage that made it left it: its record names architecture and hash.

    Raises
    ------
    StoreError
        The weights are missing, or not the ones that the record names.

    """
    said = store.read_attributes(record)
    name, classes, sha256 = said["architecture"], said["classes"], said["sha256"]
    if name in ARCHITECTURES:
        module = load_weights(ARCHITECTURES[name](classes), weights, sha256)
        return Network(module, lambda: [], None, classes, "0")
    loaded = registry.load(name, weights=weights, sha256=sha256, classes=classes)
    return replace(loaded, transform=Transform.of(said["transform"]))


def notes(
    loaded: Network, settings: Mapping[str, Any], sha256: str, names: Sequence[str]
) -> dict[str, Any]:
    """Say in the record of a network what `load` needs, and the names of its classes."""
    return {
        "architecture": settings["architecture"],
        "classes": loaded.classes,
        "names": list(names),
        "sha256": sha256,
        "transform": None if loaded.transform is None else asdict(loaded.transform),
    }


def as_array(sha256: str) -> NDArray[np.uint8]:
    """Return a digest as bytes: as an array it is part of what a record's fingerprint covers."""
    return np.frombuffer(bytes.fromhex(sha256), dtype=np.uint8)


def predict(
    model: nn.Module, inputs: NDArray[np.float32], batch_size: int = 250
) -> NDArray[np.float32]:
    """Logits of a batch of inputs: (n, c, h, w) to (n, classes) float32."""
    if inputs.ndim != 4:
        raise InputError(f"inputs have shape {inputs.shape}; expected (n, channels, h, w)")
    device = next(model.parameters()).device
    model.eval()
    with torch.no_grad():
        batches = [
            model(torch.from_numpy(inputs[start : start + batch_size]).to(device)).cpu().numpy()
            for start in range(0, len(inputs), batch_size)
        ]
    return np.concatenate(batches)


def rank_of(logits: NDArray[np.float32], target: NDArray[np.integer] | int) -> NDArray[np.int64]:
    """Rank of each row's target class among all classes, 1 for the highest logit: (n,) int64."""
    columns = np.broadcast_to(np.asarray(target), len(logits))
    own = logits[np.arange(len(logits)), columns]
    above: NDArray[np.int64] = (logits > own[:, None]).sum(axis=1)
    return 1 + above
