"""Compilation: kernels that no library has, compiled for one thread by Numba."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

SUMS = frozenset({"reassoc", "contract", "nsz"})
"""Fast-math flags that allow vector instructions for sums and keep infinity and NaN."""


def compiled(function: F) -> F:
    """Compile a function; sums may be taken in any order (`SUMS`).

    The machine code is kept beside the source.

    Parameters
    ----------
    function : callable
        What `numba.njit` can compile.

    Returns
    -------
    callable
    """
    return _compile(function, set(SUMS))


def compiled_for_finite(function: F) -> F:
    """Compile as `compiled` does, with arithmetic that assumes that all numbers are finite.

    Parameters
    ----------
    function : callable
        What `numba.njit` can compile.

    Returns
    -------
    callable
    """
    return _compile(function, True)


def _compile(function: F, arithmetic: set[str] | bool) -> F:
    return cast(F, numba.njit(function, cache=True, fastmath=arithmetic, error_model="numpy"))
