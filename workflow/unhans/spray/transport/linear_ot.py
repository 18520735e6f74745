"""Linear problem: optimal transport between two maps at given costs, by POT's network simplex.

What ``ot.emd`` does once its arguments are checked, and the same among few ways from point to point:
of some ten thousand ways between two maps the best plan takes some two hundred.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.spray.transport.pot import ot

ITERATIONS = 10**9
OPTIMAL = 1
"""What POT's solver answers where it has come to the end."""


class Plan(NamedTuple):
    """A solved problem: its plan's entries, their cost, and dual potentials."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    moved: NDArray[np.float64]
    """mass of each entry"""
    cost: float
    u: NDArray[np.float64]
    """(N,) potential of the first map"""
    v: NDArray[np.float64]
    """(M,) potential of the second"""

    def dense(self) -> NDArray[np.float64]:
        """(N, M) plan."""
        plan = np.zeros((len(self.u), len(self.v)))
        plan[self.rows, self.columns] = self.moved
        return plan


def solve(
    mass: NDArray[np.float64], wanted: NDArray[np.float64], cost: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, NDArray[np.float64], NDArray[np.float64]]:
    """Move mass at the least cost.

    Parameters
    ----------
    mass, wanted : (N,) and (M,), each with a sum of one
    cost : (N, M), not negative: POT takes negative ones for an infeasible problem

    Returns
    -------
    (N, M) plan, its cost, and the potentials of both sides

    Raises
    ------
    InputError

    """
    wanted = wanted * (mass.sum() / wanted.sum())
    plan, least, u, v, code = ot.lp.emd_wrap.emd_c(mass, wanted, cost, ITERATIONS, 1)
    if code != OPTIMAL:
        raise InputError(f"POT finds no optimal transport between two heatmaps (code {code})")
    return plan, float(least), u, v


def solve_among(
    mass: NDArray[np.float64],
    wanted: NDArray[np.float64],
    cost: NDArray[np.float64],
    allowed: NDArray[np.bool_],
) -> Plan | None:
    """Move mass at the least cost along allowed ways; see `solve`. None where they do not suffice."""
    wanted = wanted * (mass.sum() / wanted.sum())
    ways = np.flatnonzero(allowed)
    ends = np.divmod(ways.astype(np.uint64), np.uint64(len(wanted)))
    rows, columns, moved, least, u, v, code = ot.lp.emd_wrap.emd_c_sparse(
        mass, wanted, *ends, cost.ravel()[ways], ITERATIONS
    )
    if code != OPTIMAL:
        return None
    return Plan(rows.astype(np.intp), columns.astype(np.intp), moved, float(least), u, v)
