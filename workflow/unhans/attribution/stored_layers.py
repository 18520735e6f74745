"""Stored layers: what is kept of hidden layers, as arrays and notes of a result.

The arrays of the layer with number i, in the order of the network, end in ``_i``: names of layers hold
characters that names of arrays should not.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from unhans.attribution.hidden import Hidden
from unhans.types import Array


def arrays(layers: Mapping[str, Hidden]) -> dict[str, Array]:
    """Arrays of a result.

    Parameters
    ----------
    layers : mapping of str to Hidden
        By name, of the same images.

    Returns
    -------
    dict of str to ndarray
        ``relevance_0``, ``place_0``, ``position_0``, ``position_relevance_0``, ``activation_0``, and so
        on; see `Hidden`.
    """
    names = [one.name for one in fields(Hidden) if one.name != "size"]
    return {
        f"{name}_{number}": getattr(layer, name)
        for number, layer in enumerate(layers.values())
        for name in names
    }


def described(layers: Mapping[str, Hidden]) -> list[dict[str, Any]]:
    """Describe the layers of a result.

    Parameters
    ----------
    layers : mapping of str to Hidden
        By name.

    Returns
    -------
    list of dict
        ``name`` of each layer, and ``size``: rows and columns of its map.
    """
    return [{"name": name, "size": list(layer.size)} for name, layer in layers.items()]
