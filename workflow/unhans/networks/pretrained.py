"""Pretrained weights: where they are, which transform they need, and how their files are read.

A file of weights may come from anywhere: it is read as tensors and nothing else, and compared with its
hash and with the network before it is used.
"""

import difflib
import hashlib
import http.client
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
from torch import nn

from unhans.choices import WEIGHT_FILES, is_weight_file
from unhans.errors import InputError, StoreError
from unhans.images.transform import IMAGENET, LITE0, Transform
from unhans.networks import _torchvision, checkpoints, lite0
from unhans.networks.checkpoints import State
from unhans.networks.tensor_file import few

_torchvision.allow_import()

from torchvision import models  # noqa: E402 - needs the operators declared

INCEPTION = ("googlenet", "inception_v3")
"""Networks of torchvision that may normalise their input anew."""


OUTPUTS = 1000
"""Of networks with published weights: ImageNet's classes."""


@dataclass(frozen=True)
class Source:
    """A file of weights.

    Parameters
    ----------
    path : Path
        Of the file.
    hashes : tuple of str
        Beginnings of its SHA-256 that are known.
    transform : Transform
        With which the weights were trained.

    """

    path: Path
    hashes: tuple[str, ...]
    transform: Transform


def find(architecture: str, weights: str | Path, classes: int) -> Source:
    """Find the weights of a network and the transform that they need.

    Parameters
    ----------
    architecture : str
        One of `registry.ARCHITECTURES`.
    weights : str or Path
        A file, or the name of published weights, which are downloaded if they are not here.
    classes : int
        That the weights must know at least.

    Returns
    -------
    Source

    Raises
    ------
    InputError
        The weights are unknown, or know fewer classes.
    ConfigError
        A package is missing.
    StoreError
        They cannot be downloaded.

    """
    lite = architecture == "efficientnet_lite0"
    published = {} if lite else _published(architecture)
    if is_weight_file(weights):
        # A file under its published name was trained with the transform published beside it.
        known = {_file_name(entry): entry for entry in published.values()}
        entry = known.get(Path(weights).name)
        usual = LITE0 if lite else IMAGENET
        return local(Path(weights), usual if entry is None else _restated(entry))
    transform_of(architecture, weights)
    if classes > OUTPUTS:
        raise InputError(f"weights '{weights}' have {OUTPUTS} classes, not {classes}")
    if lite:
        return Source(lite0.weights_file(), (lite0.SHA256,), LITE0)
    return _downloaded(published[str(weights)])


def names(architecture: str) -> list[str]:
    """Name the published weights of a network.

    Parameters
    ----------
    architecture : str
        One of `registry.ARCHITECTURES`.

    Returns
    -------
    list of str
    """
    if architecture == "efficientnet_lite0":
        return ["IMAGENET1K_V1", "DEFAULT"]
    return list(_published(architecture))


def transform_of(architecture: str, weights: str | Path) -> Transform:
    """Look up the transform of published weights, which need not be here.

    Parameters
    ----------
    architecture : str
        One of `registry.ARCHITECTURES`.
    weights : str
        Their name.

    Returns
    -------
    Transform

    Raises
    ------
    InputError
        The weights are unknown.
    """
    known = names(architecture)
    if str(weights) not in known:
        raise InputError(
            f"unknown weights '{weights}' of {architecture}{nearest(str(weights), known)}; expected "
            f"one of {', '.join(known)}, or a file that ends in {', '.join(WEIGHT_FILES)}"
        )
    lite = architecture == "efficientnet_lite0"
    return LITE0 if lite else _restated(_published(architecture)[str(weights)])


def local(path: Path, transform: Transform) -> Source:
    """Describe a local file of weights.

    Parameters
    ----------
    path : Path
        Of the file.
    transform : Transform
        That the weights need.

    Returns
    -------
    Source

    Raises
    ------
    InputError
        The file has another suffix than `choices.WEIGHT_FILES`.

    """
    if not is_weight_file(path):
        raise InputError(f"{path}: expected a file that ends in {', '.join(WEIGHT_FILES)}")
    return Source(path, (), transform)


def _published(architecture: str) -> dict[str, Any]:
    """List torchvision's weights by name, without those of features alone, which do not classify."""
    members = models.get_model_weights(architecture).__members__
    return {name: entry for name, entry in members.items() if not name.endswith("_FEATURES")}


def _file_name(entry: Any) -> str:
    return Path(urlparse(entry.url).path).name


def _restated(entry: Any) -> Transform:
    preset = entry.transforms()
    (resize,), (crop,) = preset.resize_size, preset.crop_size
    mean, std = tuple(preset.mean), tuple(preset.std)
    if type(entry).__name__ in ("GoogLeNet_Weights", "Inception_V3_Weights"):
        # torchvision's option transform_input turns ImageNet's normalisation into this one. Networks
        # are built without it: a file of weights does not tell whether it is needed.
        mean = std = (0.5, 0.5, 0.5)
    return Transform(resize, crop, mean, std, preset.interpolation.value)


def _downloaded(entry: Any) -> Source:
    """Find torchvision's weights in the hub's folder, or download them."""
    name = _file_name(entry)
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    digits = re.search(r"-([0-9a-f]{8,})\.", name)  # torchvision's names carry the hash
    prefix = digits.group(1) if digits else ""
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            seen = sys.stderr.isatty()
            torch.hub.download_url_to_file(entry.url, str(path), prefix or None, progress=seen)
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            raise StoreError(
                f"{name}: cannot be downloaded from {entry.url} ({error}); fetch it elsewhere and "
                f"put it at {path}, or give the path of the file as weights"
            ) from error
    return Source(path, (prefix,), _restated(entry))


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggest the known name that is nearest to an unknown one.

    Parameters
    ----------
    name : str
        The unknown one.
    known : iterable of str
        Names that exist.

    Returns
    -------
    str
        For a message; empty if none is near.

    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean '{close[0]}'?)" if close else ""


def check_hash(source: Source, sha256: str | None) -> None:
    """Compare a file of weights with its known hashes.

    Parameters
    ----------
    source : Source
        The file.
    sha256 : str or None
        A further hash, or its beginning.

    Raises
    ------
    StoreError
        The file cannot be read, or has another hash.

    """
    expected = [*source.hashes, *([] if sha256 is None else [sha256.lower()])]
    try:
        with source.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest() if expected else ""
    except OSError as error:
        raise StoreError(f"{source.path}: cannot be read ({error.strerror})") from error
    for digits in expected:
        if not found.startswith(digits):
            raise StoreError(
                f"{source.path}: has sha256 {found}, expected {digits}; these are other weights, or "
                "a download that was cut short"
            )


def fill(module: nn.Module, path: Path) -> tuple[str, ...]:
    """Read a file of weights into a network.

    Parameters
    ----------
    module : Module
        It takes the weights. Those of half precision become what the network's are.
    path : Path
        Of the file.

    Returns
    -------
    tuple of str
        Which of the file's weights were taken, where there was a choice.

    Raises
    ------
    StoreError
        The file is damaged, holds no tensors by name, or tensors that do not fit the network.

    """
    expected = module.state_dict()
    state, notes = checkpoints.choose(path, expected)
    faults = _faults(state, expected)
    if faults:
        raise StoreError(
            f"{path}: weights do not fit the network; of {len(expected)} tensors {'; '.join(faults)}"
        )
    broken = [name for name, tensor in state.items() if not torch.isfinite(tensor.float()).all()]
    if broken:
        raise StoreError(f"{path}: holds NaN or infinite weights ({few(broken)})")
    module.load_state_dict(dict(state), strict=False)  # counters may be missing
    return notes


def _faults(state: State, expected: State) -> list[str]:
    """Say what does not fit: names that are missing or unknown, other shapes and types."""
    counters = {name for name in {*expected, *state} if checkpoints.is_counter(name)}
    missing = [name for name in expected if name not in state and name not in counters]
    surplus = sorted(name for name in state if name not in expected and name not in counters)
    both = [name for name in expected if name in state and name not in counters]
    shapes = [
        f"{name} is {tuple(state[name].shape)}, expected {tuple(expected[name].shape)}"
        for name in both
        if state[name].shape != expected[name].shape
    ]
    types = [
        f"{name} is {state[name].dtype}, expected {expected[name].dtype}"
        for name in both
        if not _keeps(state[name], expected[name].dtype)
    ]
    named = (
        ("are missing", missing),
        ("are unknown", surplus),
        ("have another shape", shapes),
        ("have another type", types),
    )
    return [f"{len(names)} {what} ({few(names)})" for what, names in named if names]


def _keeps(tensor: torch.Tensor, dtype: torch.dtype) -> bool:
    """Whether a tensor may become one of another type: rounded within its kind, or of the same values."""
    if tensor.dtype == dtype:
        return True
    if tensor.is_floating_point() and dtype.is_floating_point:
        return tensor.dtype.itemsize > 1  # numbers of 8 bits have a scale somewhere else
    kinds = (tensor.dtype.is_complex, tensor.is_floating_point(), tensor.dtype is torch.bool)
    if kinds != (dtype.is_complex, dtype.is_floating_point, dtype is torch.bool):
        return False
    return bool((tensor.to(dtype).to(tensor.dtype) == tensor).all())
