"""operations: each rule is its formula, written out term by term."""

from itertools import product

import pytest
import torch
from torch.nn import functional

from unhans.networks import operations
from unhans.networks.operations import (
    EPSILON,
    Addition,
    Gate,
    HalfEach,
    Norm,
    Pass,
    Product,
    Proportional,
)

ROWS, COLUMNS = 3, 4
VALUES = {
    "random": lambda draw: draw(ROWS, COLUMNS),
    "tied": lambda draw: torch.full((ROWS, COLUMNS), 0.7, dtype=torch.float64),
    "duplicated": lambda draw: draw(1, COLUMNS).expand(ROWS, COLUMNS).clone(),
    "zero": lambda draw: torch.zeros(ROWS, COLUMNS, dtype=torch.float64),
    "partly zero": lambda draw: draw(ROWS, COLUMNS) * (draw(ROWS, COLUMNS) > 0),
    "tiny": lambda draw: draw(ROWS, COLUMNS) * 1e-20,
    "near the stabiliser": lambda draw: draw(ROWS, COLUMNS) * 1e-6,
    "huge": lambda draw: draw(ROWS, COLUMNS) * 1e8,
    "negative": lambda draw: -draw(ROWS, COLUMNS).abs(),
}


@pytest.fixture
def draw():
    generator = torch.Generator().manual_seed(0)
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.fixture(params=VALUES)
def x(request, draw):
    return VALUES[request.param](draw)


def passed(operation, relevance, *signals, rest=()):
    """Relevance of the signals by the operation, and its output."""
    leaves = [signal.clone().requires_grad_() for signal in signals]
    output = operation(*leaves, *rest)
    return torch.autograd.grad(output, leaves, relevance), output.detach()


def stabilised(z):
    return z - EPSILON if z < 0 else z + EPSILON


def epsilon_rule(x, coefficients, z, relevance):
    """R_i = x_i sum_j c_ij R_j / (z_j +- eps), for x, z and R in one row each."""
    found = torch.zeros_like(x)
    for i, j in product(range(len(x)), range(len(z))):
        found[i] += x[i] * coefficients[i, j] * relevance[j] / stabilised(z[j])
    return found


def assert_same(found, expected):
    assert torch.isfinite(found).all()
    scale = max(float(expected.abs().max()), 1e-300)
    torch.testing.assert_close(found / scale, expected / scale, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("call", [torch.tanh, functional.gelu, torch.neg, lambda x: x * 3])
def test_pass_changes_nothing(x, draw, call):
    relevance = draw(ROWS, COLUMNS)
    (found,), output = passed(Pass(call), relevance, x)
    assert torch.equal(output, call(x))
    assert torch.equal(found, relevance)


def test_pass_adds_up_what_the_call_repeats(draw):
    x, wide, relevance = draw(1, COLUMNS), draw(ROWS, COLUMNS), draw(ROWS, COLUMNS)
    (found,), _ = passed(Pass(torch.mul), relevance, x, rest=(wide,))
    expected = torch.zeros(1, COLUMNS, dtype=torch.float64)
    for i, j in product(range(ROWS), range(COLUMNS)):
        expected[0, j] += relevance[i, j]
    assert_same(found, expected)


@pytest.mark.parametrize("sign", [1, -1])
def test_summands_get_relevance_by_contribution(x, draw, sign):
    call = torch.add if sign == 1 else torch.sub
    for y in (draw(ROWS, COLUMNS), x, -sign * x, torch.zeros_like(x)):
        relevance = draw(ROWS, COLUMNS)
        found, output = passed(Addition(call), relevance, x, y)
        assert torch.equal(output, call(x, y))
        expected = torch.zeros(2, ROWS, COLUMNS, dtype=torch.float64)
        for i, j in product(range(ROWS), range(COLUMNS)):
            z = stabilised(x[i, j] + sign * y[i, j])
            expected[0, i, j] = x[i, j] * relevance[i, j] / z
            expected[1, i, j] = sign * y[i, j] * relevance[i, j] / z
        assert_same(torch.stack(found), expected)


def test_a_summand_that_is_repeated_gets_the_sum(draw):
    x, y, relevance = draw(ROWS, COLUMNS), draw(ROWS, 1), draw(ROWS, COLUMNS)
    found, _ = passed(Addition(), relevance, x, y)
    expected = torch.zeros(ROWS, 1, dtype=torch.float64)
    for i, j in product(range(ROWS), range(COLUMNS)):
        expected[i, 0] += y[i, 0] * relevance[i, j] / stabilised(x[i, j] + y[i, 0])
    assert_same(found[1], expected)


def test_linear_calls_have_the_epsilon_rule(x, draw):
    matrix, relevance = draw(COLUMNS, 5), draw(ROWS, 5)
    (found,), z = passed(Proportional(torch.matmul), relevance, x, rest=(matrix,))
    rows = [epsilon_rule(x[i], matrix, z[i], relevance[i]) for i in range(ROWS)]
    assert_same(found, torch.stack(rows))


def test_averages_have_the_epsilon_rule(x, draw):
    relevance = draw(ROWS)
    (found,), z = passed(Proportional(lambda x: x.mean(1)), relevance, x)
    share = torch.full((COLUMNS, 1), 1 / COLUMNS, dtype=torch.float64)
    rows = [epsilon_rule(x[i], share, z[i : i + 1], relevance[i : i + 1]) for i in range(ROWS)]
    assert_same(found, torch.stack(rows))


def test_attention_is_linear_in_its_values(draw):
    query, key, value = (draw(1, 1, ROWS, COLUMNS) for _ in range(3))
    relevance = draw(1, 1, ROWS, COLUMNS)
    call = Proportional(functional.scaled_dot_product_attention, (2,))
    leaf = value.clone().requires_grad_()
    z = call(query, key, leaf)
    (found,) = torch.autograd.grad(z, leaf, relevance)
    weights = torch.softmax(query[0, 0] @ key[0, 0].T / COLUMNS**0.5, dim=-1)
    columns = [
        epsilon_rule(value[0, 0, :, k], weights.T, z[0, 0, :, k].detach(), relevance[0, 0, :, k])
        for k in range(COLUMNS)
    ]
    assert_same(found[0, 0], torch.stack(columns, dim=1))


@pytest.mark.parametrize("name", ["torch", "functional", "method"])
def test_no_relevance_passes_a_softmax_within(draw, name):
    softmax = {"torch": torch.softmax, "functional": functional.softmax, "method": None}[name]
    x, weight, relevance = draw(ROWS, COLUMNS), draw(COLUMNS, 1), draw(ROWS, 1)

    def call(x):
        scores = x @ x.T
        return (softmax(scores, -1) if softmax else scores.softmax(-1)) @ (x @ weight)

    (found,), z = passed(Proportional(call), relevance, x)
    weights = torch.softmax(x @ x.T, -1)
    expected = torch.zeros_like(x)
    for i, j, k in product(range(ROWS), range(ROWS), range(COLUMNS)):
        share = weights[j, i] * weight[k, 0] * relevance[j, 0] / stabilised(z[j, 0])
        expected[i, k] += x[i, k] * share
    assert_same(found, expected)


def test_factors_that_are_signals_share_equally(x, draw):
    y, relevance = draw(ROWS, COLUMNS), draw(ROWS, COLUMNS)
    found, output = passed(Product(torch.mul, (0, 1)), relevance, x, y)
    assert torch.equal(output, x * y)
    assert all(torch.equal(one, relevance / 2) for one in found)


@pytest.mark.parametrize("call", [torch.mul, torch.div])
def test_gates_get_nothing(x, draw, call):
    gate, relevance = torch.sigmoid(draw(ROWS, 1)), draw(ROWS, COLUMNS)
    gate.requires_grad_()
    (found,), output = passed(Gate(call), relevance, x, rest=(gate,))
    assert torch.equal(output, call(x, gate.detach()))
    assert torch.equal(found, relevance)
    assert gate.grad is None


@pytest.mark.parametrize("place", [0, 1])
def test_the_signal_may_be_the_second_factor(draw, place):
    operands = [draw(ROWS, COLUMNS).requires_grad_() for _ in range(2)]
    relevance = draw(ROWS, COLUMNS)
    output = Gate(torch.mul, (place,))(*operands)
    found = torch.autograd.grad(output, operands, relevance, allow_unused=True)
    assert torch.equal(found[place], relevance)
    assert found[1 - place] is None


def test_products_of_matrices_of_signals_have_the_rule_for_halves(x, draw):
    y, relevance = draw(COLUMNS, 2), draw(ROWS, 2)
    found, z = passed(HalfEach(torch.matmul, (0, 1)), relevance, x, y)
    expected = torch.zeros_like(x), torch.zeros_like(y)
    for i, k, j in product(range(ROWS), range(COLUMNS), range(2)):
        share = x[i, k] * y[k, j] * relevance[i, j] / 2 / stabilised(z[i, j])
        expected[0][i, k] += share
        expected[1][k, j] += share
    for one, other in zip(found, expected, strict=True):
        assert_same(one, other)


def normalised(x, weight, bias, relevance, eps):
    """The rule of a norm of one row, given its spread."""
    n = len(x)
    spread = (((x - x.mean()) ** 2).mean() + eps) ** 0.5
    coefficients = torch.zeros(n, n, dtype=torch.float64)
    for i, j in product(range(n), range(n)):
        coefficients[i, j] = weight[j] * ((i == j) - 1 / n) / spread
    z = (x - x.mean()) / spread * weight + bias
    return epsilon_rule(x, coefficients, z, relevance), z


@pytest.mark.parametrize("affine", [True, False])
def test_layer_norm_is_linear_given_its_spread(x, draw, affine):
    weight, bias = draw(COLUMNS), draw(COLUMNS)
    relevance = draw(ROWS, COLUMNS)
    norm = Norm(weight, bias, 1e-3, dims=1) if affine else Norm(None, None, 1e-3, dims=1)
    if not affine:
        weight, bias = torch.ones_like(weight), torch.zeros_like(bias)
    (found,), output = passed(norm, relevance, x)
    torch.testing.assert_close(
        output, functional.layer_norm(x, (COLUMNS,), weight, bias, 1e-3), rtol=1e-9, atol=1e-9
    )
    if not affine and not float((x - x.mean(1, keepdim=True)).abs().max()) > 1e-12:
        assert float(output.abs().max()) < 1e-9  # nothing is left to be shared
        return
    rows = [normalised(x[i], weight, bias, relevance[i], 1e-3)[0] for i in range(ROWS)]
    assert_same(found, torch.stack(rows))


@pytest.mark.parametrize("groups", [1, 2, 4, 0])
def test_group_norm_is_linear_given_its_spread(draw, groups):
    x, relevance = draw(2, 4, 3, 2), draw(2, 4, 3, 2)
    weight, bias = draw(4), draw(4)
    (found,), output = passed(Norm(weight, bias, 1e-3, groups=groups), relevance, x)
    counted = groups or 4
    torch.testing.assert_close(output, functional.group_norm(x, counted, weight, bias, 1e-3))
    wide = 4 // counted
    for image, group in product(range(2), range(counted)):
        own = slice(group * wide, (group + 1) * wide)
        expected, _ = normalised(
            x[image, own].flatten(),
            weight[own].repeat_interleave(6),
            bias[own].repeat_interleave(6),
            relevance[image, own].flatten(),
            1e-3,
        )
        assert_same(found[image, own].flatten(), expected)


@pytest.mark.parametrize(
    "make",
    [
        Addition,
        lambda: HalfEach(torch.mul, (0, 1)),
        lambda: Product(torch.mul, (0, 1)),
        lambda: Proportional(torch.sub, (0, 1)),
    ],
)
def test_what_a_signal_gets_is_what_the_output_had(draw, make):
    x, y, relevance = draw(50), draw(50), draw(50)
    operation = make()
    operation.epsilon = operations.EXACT
    found, _ = passed(operation, relevance, x, y)
    torch.testing.assert_close(sum(found), relevance, rtol=1e-9, atol=1e-9)


def test_signals_that_are_one_tensor_get_both_shares(draw):
    x, relevance = draw(5).requires_grad_(), draw(5)
    (found,) = torch.autograd.grad(Addition()(x, x), x, relevance)
    torch.testing.assert_close(found, relevance * (2 * x / (2 * x)).detach(), rtol=1e-5, atol=1e-5)


def test_calls_that_give_their_input_back_or_a_view_of_it_have_rules(draw):
    x, relevance = draw(6).requires_grad_(), draw(6)
    for call in (lambda x: x, lambda x: x.view(6), lambda x: x[:]):
        (found,) = torch.autograd.grad(Pass(call)(x * 2), x, relevance)
        assert torch.equal(found, 2 * relevance)
