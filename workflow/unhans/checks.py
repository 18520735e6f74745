"""Checks of arguments that several functions make: one message each, with what was found and expected."""

import math
import operator
from collections.abc import Collection
from typing import Any

import numpy as np

from unhans.errors import InputError, one_line
from unhans.types import Array

SINGLE = float(np.finfo(np.float32).max)
"""Largest float32."""


def shown(value: Any) -> str:
    """Write a value as a message shows it.

    Parameters
    ----------
    value : any
        What a caller gave.

    Returns
    -------
    str
        One line: an array by its shape, anything else as Python writes it, cut to 60 characters.

    """
    shape = getattr(value, "shape", ())
    if isinstance(shape, tuple) and shape:
        return f"an array of shape {tuple(shape)}"
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:56]} ..."


def verb(name: str, singular: str, plural: str) -> str:
    """Choose the form of a verb that follows the name of an argument.

    Parameters
    ----------
    name : str
        ``heatmaps``, ``embedding``.
    singular, plural : str
        Both forms.

    Returns
    -------
    str

    """
    return plural if name.endswith("s") else singular


def whole(value: Any, name: str, least: int | None = None, most: int | None = None) -> int:
    """Check that an argument is an integer.

    Parameters
    ----------
    value : int
        What a caller gave; True and False are no integers.
    name : str
        Of the argument.
    least, most : int, optional
        Its range.

    Returns
    -------
    int

    Raises
    ------
    InputError
        It is not.

    """
    try:
        found = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        found = None
    if found is None:
        raise InputError(f"{name} is {shown(value)}; expected an integer")
    if least is not None and found < least:
        raise InputError(f"{name} is {found}; expected at least {least}")
    if most is not None and found > most:
        raise InputError(f"{name} is {found}; expected at most {most}")
    return found


def as_seed(seed: Any) -> int:
    """Check that an argument is a seed, as a configuration takes it.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.

    Returns
    -------
    int

    Raises
    ------
    InputError
        It is not. None is no seed: what is drawn would be another at each call.

    """
    return whole(seed, "seed", 0, 2**32 - 1)


def real(value: Any, name: str) -> float:
    """Check that an argument is a number.

    Parameters
    ----------
    value : float
        What a caller gave.
    name : str
        Of the argument.

    Returns
    -------
    float

    Raises
    ------
    InputError
        It is no number, NaN or infinite.

    """
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or isinstance(value, np.complexfloating) or not math.isfinite(value):
        raise InputError(f"{name} is {shown(value)}; expected a finite number")
    return float(value)


def flag(value: Any, name: str) -> bool:
    """Check that an argument is True or False.

    Parameters
    ----------
    value : bool
        What a caller gave.
    name : str
        Of the argument.

    Returns
    -------
    bool

    Raises
    ------
    InputError
        It is neither.

    """
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name} is {shown(value)}; expected True or False")
    return bool(value)


def one_of(value: Any, name: str, known: Collection[str]) -> str:
    """Check that an argument is one of some names.

    Parameters
    ----------
    value : str
        What a caller gave.
    name : str
        What it names.
    known : collection of str
        Names that there are.

    Returns
    -------
    str

    Raises
    ------
    InputError
        It is none of them.

    """
    if not isinstance(value, str) or value not in known:
        given = f"'{value}'" if isinstance(value, str) else shown(value)
        raise InputError(f"unknown {name} {given}; expected one of {', '.join(known)}")
    return value


def as_array(values: Any, name: str, expected: str) -> Array:
    """Read an argument as an array.

    Parameters
    ----------
    values : array_like
        What a caller gave.
    name : str
        Of the argument.
    expected : str
        Its shape, in words.

    Returns
    -------
    ndarray
        Of any shape and type.

    Raises
    ------
    InputError
        Lists in it have different lengths, values are masked, or it is a tensor that NumPy cannot read.

    """
    if np.ma.is_masked(values):
        raise InputError(f"{name} with masked values; expected {expected} without a mask")
    try:
        return np.asarray(values)
    except Exception as error:  # any object may say how it becomes an array
        reason = one_line(error, 160).rstrip(".")
        are = verb(name, "is", "are")
        raise InputError(f"{name} {are} no array ({reason}); expected {expected}") from error


def as_numbers(values: Any, name: str, expected: str) -> Array:
    """Read an argument as an array of numbers.

    Parameters
    ----------
    values : array_like
        What a caller gave.
    name : str
        Of the argument.
    expected : str
        Its shape, in words.

    Returns
    -------
    ndarray
        Of any shape.

    Raises
    ------
    InputError
        It is no array, or of another type.

    """
    array = as_array(values, name, expected)
    if array.dtype.kind not in "biuf":
        are = verb(name, "is", "are")
        raise InputError(f"{name} {are} of type {array.dtype}; expected real numbers, {expected}")
    return array


def as_maps(heatmaps: Array) -> Array:
    """Check that an array holds heatmaps.

    Parameters
    ----------
    heatmaps : array_like of real numbers, shape (n, h, w)
        Finite values, n at least 1.

    Returns
    -------
    ndarray, shape (n, h, w)

    Raises
    ------
    InputError
        Shape or type is another, there are no heatmaps, or values are NaN or infinite.
    """
    maps = as_array(heatmaps, "heatmaps", "(n, height, width)")
    if maps.ndim == 3 and not len(maps):
        raise InputError("there are no heatmaps; expected at least one")
    if maps.ndim != 3 or maps.size == 0:
        raise InputError(f"heatmaps have shape {maps.shape}; expected (n, height, width)")
    if maps.dtype.kind not in "biuf":
        raise InputError(f"heatmaps are of type {maps.dtype}; expected real numbers")
    # Map by map: a mask of all pixels of a class would cost a quarter of the heatmaps again.
    broken = [number for number, heatmap in enumerate(maps) if not np.isfinite(heatmap).all()]
    if broken:
        raise InputError(
            f"{len(broken)} of {len(maps)} heatmaps hold NaN or infinite relevance "
            f"(the first is number {broken[0]}); expected finite values"
        )
    return maps


def as_single(maps: Array) -> Array:
    """Convert finite maps to float32.

    Parameters
    ----------
    maps : ndarray of real numbers, shape (n, h, w)
        Finite values. float32 is returned as it is.

    Returns
    -------
    ndarray of float32, shape (n, h, w)

    Raises
    ------
    InputError
        A value is too large for float32.

    """
    require_single(maps)
    return maps.astype(np.float32, copy=False)


def require_single(maps: Array, name: str = "heatmap") -> None:
    """Refuse finite maps that float32 cannot hold.

    Parameters
    ----------
    maps : ndarray of real numbers, shape (n, ...)
        Finite values.
    name : str
        What the message calls one of them.

    Raises
    ------
    InputError
        A value is too large.

    """
    if maps.dtype.kind != "f" or maps.dtype.itemsize <= 4:
        return
    for number, one in enumerate(maps):
        largest = max(float(one.max()), -float(one.min()))
        if largest > SINGLE:
            raise InputError(
                f"{name} {number} holds {largest:.3g}; expected at most {SINGLE:.3g}, "
                "the largest number of single precision"
            )


def require_finite(images: Array, name: str = "image") -> None:
    """Refuse images with values that are none: results would be numbers that mean nothing.

    Parameters
    ----------
    images : ndarray of real numbers, shape (n, ...)
        Inputs of a network.
    name : str
        What the message calls one of them.

    Raises
    ------
    InputError
        One holds NaN or infinite values. The message names the first by its place, from 0.

    """
    for number, image in enumerate(images):
        if not np.isfinite(image).all():
            raise InputError(f"{name} {number} holds NaN or infinite values; expected finite ones")
