"""Compilation: kernels that no library has, made into machine code for one thread by Numba."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

SUMS = frozenset({"reassoc", "contract", "nsz"})
"""What turns sums into vector instructions and leaves infinity and NaN what they are."""


def compiled(function: F) -> F:
    """Compile with `SUMS` in any order; the machine code is kept beside the source."""
    return _compile(function, set(SUMS))


def compiled_for_finite(function: F) -> F:
    """Compile as `compiled` does, with arithmetic that also takes all numbers to be finite."""
    return _compile(function, True)


def _compile(function: F, arithmetic: set[str] | bool) -> F:
    return cast(F, numba.njit(function, cache=True, fastmath=arithmetic, error_model="numpy"))
