"""Metrics: found by name, those of unhans and those of a user's own.

A metric of unhans is a module of `unhans.spray.distance` and a row of `unhans.choices.METRICS`. The
module has one of two functions:

``pairwise(heatmaps, **options)``
    Distances between all pairs, (n, n) float32.
``compare(supports, n_candidates, **options)``
    A `Comparison` that solves chosen pairs, for metrics that are too expensive for all of them.

The module is imported when its metric is used, so that what it needs is loaded only then. A metric of a
user's own is one function; see `register_metric`.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from inspect import signature
from types import NoneType
from typing import Any, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unhans.checks import flag, real, shown, whole
from unhans.choices import METRICS, is_own_metric, metric_choice
from unhans.errors import ArgumentError, InputError, MetricError, near
from unhans.spray.transport.pair_solver import Comparison
from unhans.types import Array, Distances

MetricFunction: TypeAlias = Callable[[NDArray[np.float32]], ArrayLike]
"""Metric of a user's own: maps (n, h, w) float32 to distances (n, n)."""

ROUNDING = 1e-5
"""Fraction of the largest distance by which an entry may differ from what it is expected to be."""


@dataclass(frozen=True)
class Metric:
    """A metric, ready to be called; it has one of the two functions.

    Parameters
    ----------
    name : str
        Its name.
    pairwise : callable or None
        Distances between all pairs of (n, h, w) maps.
    compare : callable or None
        `Comparison` of chosen pairs of supports.
    """

    name: str
    pairwise: Callable[..., Distances] | None = None
    compare: Callable[..., Comparison] | None = None


_REGISTERED: dict[str, MetricFunction] = {}


def register_metric(name: str, function: MetricFunction) -> None:
    """Make a metric of your own known by a name, in this process.

    A configuration names such a function by the module that it lies in instead, and needs no
    registration: ``distance: {metrics: ["package.module:function"]}``.

    Parameters
    ----------
    name : str
        The name that `pairwise` and `neighbours` then take. A name that is registered twice has the
        last function.
    function : callable
        Takes (n, h, w) float32 maps and returns an (n, n) matrix: finite, symmetric, not negative, with
        a zero diagonal. What it returns is checked whenever it is used.

    Raises
    ------
    InputError
        unhans has a metric of that name, the name holds other characters than letters, digits, ``_`` and
        ``-``, or the function cannot be called.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> def manhattan(maps):
    ...     flat = maps.reshape(len(maps), -1)
    ...     return np.abs(flat[:, None] - flat).sum(axis=2)
    >>> uh.register_metric("manhattan", manhattan)
    >>> uh.pairwise(np.array([[[0.0, 1.0]], [[2.0, 1.0]]]), "manhattan")
    array([[0., 2.],
           [2., 0.]], dtype=float32)
    """
    if not isinstance(name, str) or not re.fullmatch(r"[\w-]+", name):
        raise InputError(f"metric name {name!r}; expected letters, digits, _ and -")
    if not callable(function):
        raise InputError(
            f"metric '{name}' is of type {type(function).__name__}; expected a function"
        )
    if name in METRICS:
        raise InputError(f"unhans already has a metric '{name}'; expected another name")
    _REGISTERED[name] = function


def find(name: str) -> Metric:
    """Find a metric.

    Parameters
    ----------
    name : str
        One of `unhans.choices.METRICS`, a registered name, or a function as ``package.module:function``
        or ``package.module.function``.

    Returns
    -------
    Metric

    Raises
    ------
    InputError
        There is no such metric.
    MetricError
        The named function cannot be imported.
    """
    if not isinstance(name, str):
        raise InputError(
            f"metric is {shown(name)}; expected a name (register_metric gives one to a function)"
        )
    if name in METRICS:
        module = import_module(f"unhans.spray.distance.{name}")
        return Metric(name, getattr(module, "pairwise", None), getattr(module, "compare", None))
    function = _REGISTERED.get(name)
    if function is None and (":" in name or is_own_metric(name)):
        function = _imported(name)
    if function is None:
        known = ", ".join([*METRICS, *_REGISTERED])
        raise InputError(
            f"unknown metric '{name}'; expected one of {known}, or package.module:function"
        )
    return Metric(name, partial(_checked, name, function))


COMMON: Mapping[str, type] = {"mass_fraction": float, "sign": str, "n_candidates": int}
"""Types of options that several metrics have, and their functions have not."""


def require_options(
    metric: str, options: Mapping[str, Any], arguments: Collection[str] = ()
) -> None:
    """Refuse options that a metric does not have, and values of another type than it takes.

    Parameters
    ----------
    metric : str
        See `find`.
    options : mapping of str to any
        The options that are given.
    arguments : collection of str
        What the function that was called takes besides; the message names one of a like name.

    Raises
    ------
    ArgumentError
        The metric does not have one of them.
    InputError
        A value is of another type, or there is no such metric.
    MetricError
        The named function cannot be imported.
    """
    found = find(metric)
    parameters = signature(found.pairwise or found.compare).parameters.values()  # type: ignore[arg-type]
    named = {each.name: each.annotation for each in parameters if each.kind is each.KEYWORD_ONLY}
    known = {**{name: COMMON.get(name) for name in metric_choice(metric).options}, **named}
    unknown = [option for option in options if option not in known]
    if unknown:
        meant = near(unknown[0], [*known, *arguments])
        raise ArgumentError(
            f"metric '{metric}' has no option '{unknown[0]}'; expected "
            + (f"some of {', '.join(known)}" if known else "no options")
            + (f"; {meant}" if meant else "")
        )
    for option, value in options.items():
        _require_type(f"{metric}: {option}", value, known[option])


def _require_type(name: str, value: Any, annotation: Any) -> None:
    """Refuse a value of an option that is not of the type that its function says."""
    kinds = get_args(annotation) or (annotation,)
    if value is None and NoneType in kinds:
        return
    if int in kinds:
        whole(value, name, 1)
    elif float in kinds:
        real(value, name)
    elif bool in kinds:
        flag(value, name)
    elif str in kinds and not isinstance(value, str):
        raise InputError(f"{name} is {shown(value)}; expected a name")


def _imported(name: str) -> MetricFunction:
    module, _, function = name.replace(":", ".").rpartition(".")
    try:
        found: MetricFunction = getattr(import_module(module), function)
    except Exception as error:  # a module may raise anything
        raise MetricError(
            f"metric '{name}': {_line(error)}; expected package.module:function "
            "that can be imported from here (PYTHONPATH)"
        ) from error
    if not callable(found):
        raise MetricError(f"metric '{name}' is of type {type(found).__name__}; expected a function")
    return found


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _checked(name: str, function: MetricFunction, heatmaps: Array) -> Distances:
    """Distances by a function of a user's own, checked."""
    n = len(heatmaps)
    try:
        returned = np.asarray(function(np.asarray(heatmaps, dtype=np.float32)))
        if returned.dtype.kind not in "biufO":
            raise TypeError(f"returns values of type {returned.dtype}; expected real numbers")
        found = returned.astype(np.float64, copy=False)
    except Exception as error:  # a function of a user's own may raise anything
        raise MetricError(f"metric '{name}': {_line(error)}") from error
    fault = _fault(found, n)
    if fault:
        raise MetricError(f"metric '{name}' {fault}")
    distances: Distances = ((found + found.T) / 2).astype(np.float32)
    np.fill_diagonal(distances, 0)
    return distances


def _fault(found: NDArray[np.float64], n: int) -> str | None:
    """What keeps an array from being a matrix of distances between n maps, in words."""
    if found.shape != (n, n):
        return f"returns shape {found.shape}; expected ({n}, {n})"
    finite = np.isfinite(found)
    if not finite.all():
        i, j = np.argwhere(~finite)[0]
        return f"returns {found[i, j]} between maps {i} and {j}; expected finite values"
    slack = ROUNDING * float(np.abs(found).max(initial=0))
    diagonal = np.abs(np.diagonal(found))
    if diagonal.max(initial=0) > slack:
        i = int(diagonal.argmax())
        return f"returns {found[i, i]:g} between map {i} and itself; expected 0"
    if found.min(initial=0) < -slack:
        i, j = np.unravel_index(found.argmin(), found.shape)
        return f"returns {found[i, j]:g} between maps {i} and {j}; expected no negative value"
    skew = np.abs(found - found.T)
    if skew.max(initial=0) > slack:
        i, j = np.unravel_index(skew.argmax(), found.shape)
        return (
            f"returns {found[i, j]:g} between maps {i} and {j} and {found[j, i]:g} between {j} and {i}; "
            "expected a symmetric matrix"
        )
    return None
