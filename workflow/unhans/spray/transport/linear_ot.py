"""Linear problem: optimal transport between two maps at given costs, by POT's network simplex.

It is what ``ot.emd`` does once its arguments are checked, and the same with few arcs: of some ten
thousand arcs between two maps the best plan uses some two hundred.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.spray.transport.pot import ot

Costs = NDArray[np.float64]

ITERATIONS = 10**9
OPTIMAL = 1
"""Code by which POT's solver reports an optimal plan."""


class Plan(NamedTuple):
    """A solved problem: its plan's entries, their cost, and dual potentials."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    moved: NDArray[np.float64]
    """Mass of each entry"""
    cost: float
    u: NDArray[np.float64]
    """(N,) potential of the first map"""
    v: NDArray[np.float64]
    """(M,) potential of the second"""

    def dense(self) -> NDArray[np.float64]:
        """Return the plan as an array.

        Returns
        -------
        ndarray of float64, shape (N, M)
        """
        plan = np.zeros((len(self.u), len(self.v)))
        plan[self.rows, self.columns] = self.moved
        return plan


def solve(
    mass: NDArray[np.float64], wanted: NDArray[np.float64], cost: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, NDArray[np.float64], NDArray[np.float64]]:
    """Move mass at the least cost.

    Parameters
    ----------
    mass, wanted : ndarray of float64, shapes (N,) and (M,)
        Masses of both maps, each of sum 1.
    cost : ndarray of float64, shape (N, M)
        Not negative: POT reports problems with negative costs as infeasible.

    Returns
    -------
    plan : ndarray of float64, shape (N, M)
    least : float
        Cost of the plan.
    u, v : ndarray of float64, shapes (N,) and (M,)
        Dual potentials.

    Raises
    ------
    InputError
        The solver finds no optimal plan.
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
    """Move mass at the least cost along allowed arcs; see `solve`.

    Parameters
    ----------
    mass, wanted : ndarray of float64, shapes (N,) and (M,)
        Masses of both maps, each of sum 1.
    cost : ndarray of float64, shape (N, M)
        Not negative.
    allowed : ndarray of bool, shape (N, M)
        Arcs that the plan may use.

    Returns
    -------
    Plan or None
        None where no feasible plan uses these arcs alone.
    """
    wanted = wanted * (mass.sum() / wanted.sum())
    arcs = np.flatnonzero(allowed)
    ends = np.divmod(arcs.astype(np.uint64), np.uint64(len(wanted)))
    rows, columns, moved, least, u, v, code = ot.lp.emd_wrap.emd_c_sparse(
        mass, wanted, *ends, cost.ravel()[arcs], ITERATIONS
    )
    if code != OPTIMAL:
        return None
    return Plan(rows.astype(np.intp), columns.astype(np.intp), moved, float(least), u, v)


def distance_costs(points: NDArray[np.float64], others: NDArray[np.float64], p: int) -> Costs:
    """Compute |x - y|^p between points.

    Parameters
    ----------
    points, others : ndarray of float64, shapes (N, 2) and (M, 2)
        Points of both maps.
    p : {1, 2}
        Exponent. Squares are exact where the points are whole pixels.

    Returns
    -------
    ndarray of float64, shape (N, M)
    """
    cost: Costs = (points[:, :1] - others[:, 0]) ** 2
    cost += (points[:, 1:] - others[:, 1]) ** 2
    return np.sqrt(cost, out=cost) if p == 1 else cost
