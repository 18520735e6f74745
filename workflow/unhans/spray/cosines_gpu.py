"""Cosines of many features on a GPU, in PyTorch; `spray.local_cosines` is the reference."""

import numpy as np
import torch
from numpy.typing import NDArray

from unhans.errors import ConfigError


def place(values: NDArray[np.float32], device: str) -> torch.Tensor:
    """Put an array on a device.

    Parameters
    ----------
    values : ndarray of float32
        Any shape.
    device : str
        ``cpu``, ``cuda`` or ``cuda:1``.

    Returns
    -------
    Tensor

    Raises
    ------
    ConfigError
        This machine has no such device.
    """
    try:
        return torch.from_numpy(np.ascontiguousarray(values)).to(device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"device {device}: {str(error).splitlines()[0]}") from error


def greatest(values: torch.Tensor) -> NDArray[np.float32]:
    """Maximum along the second axis.

    Parameters
    ----------
    values : Tensor
        Of at least two axes.

    Returns
    -------
    ndarray of float32
    """
    return np.asarray(values.amax(dim=1).cpu().numpy())
