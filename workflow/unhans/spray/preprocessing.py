"""Preprocessing: the representation of heatmaps that distances compare.

Each step takes maps of shape (n, h, w) and returns maps. A representation is a sequence of steps.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Required, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_maps, as_single, shown, whole
from unhans.choices import spelled_out
from unhans.errors import InputError
from unhans.types import Array, Heatmaps


def sum_pool(heatmaps: Array, size: int) -> Heatmaps:
    """Pool relevance to ``size`` x ``size`` bins; the sum of each map is preserved.

    Where the height or width is no multiple of ``size``, a pixel that crosses the edge of a bin is
    divided between both bins by area.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    size : int
        Bins along each side, from 1 to min(h, w).

    Returns
    -------
    ndarray of float32, shape (n, size, size)

    Raises
    ------
    InputError
        The heatmaps have the wrong shape or are not finite, or the size is out of its range.

    References
    ----------
    Lapuschkin et al. 2019 pool 224 pixels to 20 bins.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> uh.sum_pool(np.ones((1, 4, 4)), 2)
    array([[[4., 4.],
            [4., 4.]]], dtype=float32)
    """
    maps, size = as_maps(heatmaps), whole(size, "sum_pool: size")
    _, height, width = maps.shape
    if not 1 <= size <= min(height, width):
        raise InputError(
            f"sum_pool: cannot pool maps of {height} x {width} to {size} x {size}; "
            f"expected a size from 1 to {min(height, width)}"
        )
    # Bin by bin in float64: float32 sums of 224 x 224 signed values lose the digits that cancel.
    rows = _overlap(size, height)
    columns = _overlap(size, width)
    return as_single(np.stack([rows @ heatmap @ columns.T for heatmap in maps]))


def as_distribution(heatmaps: Array) -> Heatmaps:
    """Keep the positive part of each map and scale it to unit mass.

    A map without positive relevance has no distribution: it becomes zero everywhere.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.

    Returns
    -------
    ndarray of float32, shape (n, h, w)
        Not negative; each map has sum 1, or 0.

    Raises
    ------
    InputError
        The heatmaps have the wrong shape or are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> uh.as_distribution(np.array([[[-1.0, 1.0, 3.0]]]))
    array([[[0.  , 0.25, 0.75]]], dtype=float32)
    """
    positive = np.maximum(as_maps(heatmaps), 0)
    mass = positive.sum(axis=(1, 2), dtype=np.float64, keepdims=True)
    return _divide(positive, mass)


def unit_norm(heatmaps: Array) -> Heatmaps:
    """Scale each map to unit euclidean norm; a map of zeros stays zero.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.

    Returns
    -------
    ndarray of float32, shape (n, h, w)

    Raises
    ------
    InputError
        The heatmaps have the wrong shape or are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> uh.unit_norm(np.array([[[3.0, -4.0]]]))
    array([[[ 0.6, -0.8]]], dtype=float32)
    """
    maps = as_maps(heatmaps)
    # The largest value first: squares of relevance at 1e-30 or 1e30 leave float32.
    peak = np.abs(maps).max(axis=(1, 2), keepdims=True, initial=0).astype(np.float64)
    scaled = _divide(maps, peak)
    square = np.einsum("nhw,nhw->n", scaled, scaled, dtype=np.float64)
    return _divide(scaled, np.sqrt(square)[:, None, None])


STEPS: Mapping[str, Callable[..., Heatmaps]] = {
    "sum_pool": sum_pool,
    "as_distribution": as_distribution,
    "unit_norm": unit_norm,
}
"""Steps of a representation by name."""


Step: TypeAlias = str | tuple[str, int] | Mapping[str, Any]
"""A step by its name, with the size of ``sum_pool``, or as a configuration writes it:
``{"sum_pool": 7}`` or, spelled out, ``{"step": "sum_pool", "size": 7}``."""


def represent(heatmaps: Array, steps: Iterable[Step] = ()) -> Heatmaps:
    """Apply the steps of a representation in order.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    steps : iterable
        Each is a name or, for ``sum_pool``, ``("sum_pool", size)`` or ``{"sum_pool": size}`` as in a
        configuration; see `Step`. Without steps the heatmaps are compared as they are (the paper's
        choice).

    Returns
    -------
    ndarray of float32, shape (n, h', w')

    Raises
    ------
    InputError
        A step is unknown or has the wrong values, or the heatmaps are not fit for it.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> uh.represent(np.ones((5, 28, 28)), [("sum_pool", 7), "unit_norm"]).shape
    (5, 7, 7)
    """
    if isinstance(steps, str | Mapping) or not isinstance(steps, Iterable):
        raise InputError(f"steps are {shown(steps)}; expected a list, as [('sum_pool', 7)]")
    maps = as_single(as_maps(heatmaps))
    for step in steps:
        name, values = _spelled_out(step)
        maps = STEPS[name](maps, *values)
    return maps


START: Mapping[str, str] = {"layer": "relevance", "activations": "activation"}
"""Array of a hidden layer that a representation may start from, by its first step."""


class StoredStep(TypedDict, total=False):
    """A step as a configuration spells it out: its name, and the size or layer that it takes."""

    step: Required[str]
    size: int
    layer: int | str


def represent_stored(
    arrays: Mapping[str, Array], layers: Sequence[str], steps: Sequence[StoredStep]
) -> Heatmaps:
    """Apply the steps of a representation to a result: heatmaps, or what is kept of hidden layers.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Of the result: ``heatmap``, or of the layer with number i ``relevance_i`` (n, c) and
        ``activation_i`` (n, k, c).
    layers : sequence of str
        Names of the hidden layers; empty for heatmaps.
    steps : sequence of StoredStep
        The first may be ``layer`` or ``activations``, with the name or number of a layer.

    Returns
    -------
    ndarray of float32, shape (n, h, w)
        Of a layer (n, 1, c), and of its activations (n, k, c).

    Raises
    ------
    InputError
        There is no such layer, or see `represent`.
    """
    if not steps or steps[0]["step"] not in START:
        return represent(arrays["heatmap"], steps)
    first, *others = steps
    asked, count = first["layer"], len(layers)
    number = asked if isinstance(asked, int) else [*layers, asked].index(asked)
    if number >= count:
        kept = ", ".join(layers) or "none"
        raise InputError(f"layer {asked!r} is not among those that attribution kept: {kept}")
    found = np.asarray(arrays[f"{START[first['step']]}_{number}"])
    return represent(found.reshape(len(found), -1, found.shape[-1]), others)


def _spelled_out(step: Step) -> tuple[str, list[Any]]:
    """Name of a step, and its values."""
    parts = spelled_out(step)
    given = dict(parts) if isinstance(parts, Mapping) else {}
    name = given.pop("step", None)
    values = {key: value for key, value in given.items() if value is not None}
    taken = {"size"} if name == "sum_pool" else set()
    if not isinstance(name, str) or name not in STEPS or set(values) != taken:
        raise InputError(
            f"step {shown(step)}; expected ('sum_pool', size), 'as_distribution' or 'unit_norm'"
        )
    return name, list(values.values())


def _overlap(bins: int, length: int) -> NDArray[np.float64]:
    """Area of each of ``length`` pixels in each of ``bins`` equal bins: (bins, length)."""
    edges = np.arange(bins + 1) * (length / bins)
    pixels = np.arange(length)
    left = np.maximum(edges[:-1, None], pixels)
    right = np.minimum(edges[1:, None], pixels + 1)
    shares: NDArray[np.float64] = np.maximum(right - left, 0)
    return shares


def _divide(maps: Array, scale: NDArray[np.float64]) -> Heatmaps:
    safe = np.where(scale > 0, scale, 1)
    quotient = np.empty(maps.shape, dtype=np.float32)
    # Divided in float64, a buffer at a time: all maps in float64 would double the peak memory.
    return np.divide(maps, safe, out=quotient, casting="same_kind")
