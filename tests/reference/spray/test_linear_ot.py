"""linear_problem: against SciPy's linear programming, among all ways and among few."""

import numpy as np
import pytest
from scipy.optimize import linprog

from unhans.spray.transport import linear_ot


def problem(seed, n, m):
    random = np.random.default_rng(seed)
    mass, wanted = random.dirichlet(np.ones(n)), random.dirichlet(np.ones(m))
    return mass, wanted, random.uniform(0, 5, (n, m))


def least(mass, wanted, cost, allowed):
    """Least cost by a general linear program."""
    n, m = cost.shape
    rows = np.kron(np.eye(n), np.ones(m))
    columns = np.kron(np.ones(n), np.eye(m))
    found = linprog(
        cost.ravel(),
        A_eq=np.vstack([rows, columns[:-1]]),
        b_eq=np.concatenate([mass, wanted[:-1]]),
        bounds=[(0, None if free else 0) for free in allowed.ravel()],
    )
    return found.fun if found.status == 0 else None


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 6), (5, 1), (7, 7), (12, 9)])
@pytest.mark.parametrize("seed", range(3))
def test_all_ways_give_the_least_cost_and_its_dual(n, m, seed):
    mass, wanted, cost = problem(seed, n, m)
    plan, value, u, v = linear_ot.solve(mass, wanted, cost)
    assert value == pytest.approx(least(mass, wanted, cost, np.ones((n, m), bool)), abs=1e-9)
    np.testing.assert_allclose(plan.sum(axis=1), mass, atol=1e-12)
    np.testing.assert_allclose(plan.sum(axis=0), wanted, atol=1e-12)
    assert np.all(u[:, None] + v <= cost + 1e-9)
    assert u @ mass + v @ wanted == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_few_ways_give_the_least_cost_among_them(seed):
    mass, wanted, cost = problem(seed, 9, 11)
    allowed = np.random.default_rng(seed).random(cost.shape) < 0.4
    allowed[linear_ot.solve(mass, wanted, cost[::-1].copy())[0] > 0] = True
    found = linear_ot.solve_among(mass, wanted, cost, allowed)
    assert found is not None
    assert found.cost == pytest.approx(least(mass, wanted, cost, allowed), abs=1e-9)
    plan = found.dense()
    assert not plan[~allowed].any()
    np.testing.assert_allclose(plan.sum(axis=1), mass, atol=1e-12)
    np.testing.assert_allclose(plan.sum(axis=0), wanted, atol=1e-12)
    assert np.sum(plan * cost) == pytest.approx(found.cost, abs=1e-9)


def test_ways_that_do_not_suffice_are_told():
    mass, wanted, cost = problem(0, 4, 4)
    assert linear_ot.solve_among(mass, wanted, cost, np.eye(4, dtype=bool)) is None
