"""Inference: logits of a network, and what follows from them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unhans.errors import ConfigError, InputError
from unhans.networks.outputs import first_tensor


def device(name: str) -> torch.device:
    """Find the device that the config names.

    Parameters
    ----------
    name : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda`` or ``cuda:1``.

    Returns
    -------
    torch.device

    Raises
    ------
    ConfigError
        The machine has no such device.

    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(
            f"attribution.device: {name}: this machine or this build of torch has no GPU; expected "
            "auto or cpu"
        )
    return torch.device(name)


@contextmanager
def precise(precision: str = "float32") -> Iterator[None]:
    """Set how exactly a GPU multiplies float32 for the time of a ``with``.

    PyTorch lets convolutions round their factors to TF32 where nobody says otherwise. The setting is one
    of the whole process: threads that compute side by side ask for the same.

    Parameters
    ----------
    precision : {"float32", "tf32"}
        ``tf32``: factors have 10 bits. A CPU always multiplies float32.

    Yields
    ------
    None

    """
    _PRECISION.enter(precision)
    try:
        yield
    finally:
        _PRECISION.leave(precision)


class _Precision:
    """What the process multiplies with, for all that ask for it now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: list[str] = []
        self._before: Callable[[], None] | None = None

    def enter(self, precision: str) -> None:
        """Begin to multiply as asked."""
        with self._lock:
            if not self._asked:
                self._before = _restorer()
            # Also where the last one asked the same: somebody else may have changed it since.
            _multiply_with(precision)
            self._asked.append(precision)

    def leave(self, precision: str) -> None:
        """End one that asked so; what was before all of them comes back with the last one."""
        with self._lock:
            last = self._asked[-1]
            del self._asked[len(self._asked) - 1 - self._asked[::-1].index(precision)]
            if not self._asked and self._before is not None:
                self._before()
            elif self._asked and self._asked[-1] != last:
                _multiply_with(self._asked[-1])


_PRECISION = _Precision()


def _backends() -> tuple[Any, Any, Any]:
    cudnn: Any = torch.backends.cudnn
    return cudnn.conv, cudnn.rnn, torch.backends.cuda.matmul


def _multiply_with(precision: str) -> None:
    # PyTorch has two ways to say it, and parts of its own raise an error where they disagree.
    rounded = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = rounded
    for backend in _backends():
        backend.fp32_precision = "tf32" if rounded else "ieee"


def _restorer() -> Callable[[], None]:
    """Give what puts back the settings of now."""
    owners: tuple[Any, Any] = torch.backends.cudnn, torch.backends.cuda.matmul
    before = [backend.fp32_precision for backend in _backends()]
    flags = [_allowed(owner) for owner in owners]

    def restore() -> None:
        for owner, allowed in zip(owners, flags, strict=True):
            if allowed is not None:
                owner.allow_tf32 = allowed
        for backend, own in zip(_backends(), before, strict=True):
            backend.fp32_precision = own

    return restore


def _allowed(owner: Any) -> bool | None:
    """Whether TF32 is allowed, said in the old way; None where the caller set its parts apart."""
    try:
        return bool(owner.allow_tf32)
    except RuntimeError:
        return None


def device_of(module: nn.Module) -> torch.device:
    """Find the device that a network lies on.

    Parameters
    ----------
    module : Module
        The network.

    Returns
    -------
    torch.device
        That of its first parameter; the CPU where it has none.

    """
    return next((one.device for one in module.parameters()), torch.device("cpu"))


MOST = 250
"""Most inputs that are computed at once."""

VALUES = 4 * 3 * 224 * 224
"""Values of the inputs that a CPU computes at once, unless one input has more. The maps of a larger batch
leave the processor's caches, and their memory is asked for anew at each layer: of 224 x 224 pixels, 32
at once take 2.4 times as long as 4."""


def predict(
    model: nn.Module, inputs: NDArray[np.float32], batch_size: int | None = None
) -> NDArray[np.float32]:
    """Compute the logits of inputs. The network is set to evaluation.

    Parameters
    ----------
    model : Module
        Network from images to logits.
    inputs : ndarray of float32, shape (n, c, h, w)
        Images as the network takes them.
    batch_size : int, optional
        Images computed at once; without it `MOST`, on a CPU fewer where they are large.

    Returns
    -------
    ndarray of float32, shape (n, classes)
        Logits.

    Raises
    ------
    InputError
        The inputs have another number of dimensions.

    """
    if inputs.ndim != 4:
        raise InputError(f"inputs have shape {inputs.shape}; expected (n, channels, h, w)")
    device = device_of(model)
    if batch_size is None:
        fit = VALUES // max(1, inputs[:1].size) if device.type == "cpu" else MOST
        batch_size = max(1, min(MOST, fit))
    model.eval()
    with torch.no_grad(), precise():
        batches = [
            first_tensor(model(torch.from_numpy(inputs[start : start + batch_size]).to(device)))
            .cpu()
            .numpy()
            for start in range(0, len(inputs), batch_size)
        ]
    return np.concatenate(batches)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Set a network to evaluation, and a GPU to float32, for the time of a ``with``.

    Parameters
    ----------
    model : Module
        Afterwards each of its modules has the training mode that it had, also after an error.

    Yields
    ------
    None

    """
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        with precise():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def require_classes(targets: NDArray[np.integer] | torch.Tensor, classes: int) -> None:
    """Refuse targets that are no class of a network.

    Parameters
    ----------
    targets : ndarray or Tensor of int, shape (n,) or ()
        Indices of classes.
    classes : int
        Logits of the network.

    Raises
    ------
    InputError
        A target is negative, or not below the number of classes.

    """
    least, most = int(targets.min()), int(targets.max())
    if least < 0 or most >= classes:
        raise InputError(
            f"target {least if least < 0 else most} is none of the {classes} classes; "
            f"expected 0 to {classes - 1}"
        )


def rank_of(logits: NDArray[np.float32], target: NDArray[np.integer] | int) -> NDArray[np.int64]:
    """Rank a target class among all classes.

    Parameters
    ----------
    logits : ndarray of float32, shape (n, classes)
        Of n images.
    target : int, or ndarray of int, shape (n,)
        Index of the class, one for all images or one each.

    Returns
    -------
    ndarray of int, shape (n,)
        1 for the highest logit.

    """
    columns = np.broadcast_to(np.asarray(target), len(logits))
    own = logits[np.arange(len(logits)), columns]
    above: NDArray[np.int64] = (logits > own[:, None]).sum(axis=1)
    return 1 + above


def probability(logits: NDArray[np.float32], target: int) -> NDArray[np.float64]:
    """Compute the softmax probability of a class.

    Parameters
    ----------
    logits : ndarray of float32, shape (n, classes)
        Of n images.
    target : int
        Index of the class.

    Returns
    -------
    ndarray of float64, shape (n,)

    """
    exponents = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(exponents[:, target] / exponents.sum(axis=1))
