"""group_attributes against definitions: sums of hypergeometric probabilities, and pairs counted."""

from math import comb

import numpy as np
import pytest

from unhans.reporting import group_attributes


def slow_fisher(has, members):
    """Probability of tables with the same margins that are no likelier than this one."""
    n, marked, chosen = len(has), sum(has), sum(members)
    both = sum(one and other for one, other in zip(has, members, strict=True))
    chances = {
        k: comb(marked, k) * comb(n - marked, chosen - k)
        for k in range(max(0, marked + chosen - n), min(marked, chosen) + 1)
    }
    return sum(c for c in chances.values() if c <= chances[both]) / comb(n, chosen)


def slow_auc(inside, outside):
    pairs = [(one > other) + (one == other) / 2 for one in inside for other in outside]
    return sum(pairs) / len(pairs)


@pytest.mark.parametrize("n", [6, 12, 30])
def test_values_are_compared_by_fishers_exact_test(random, n):
    texts = list(random.choice(["a", "b", "c", ""], n, p=[0.4, 0.3, 0.2, 0.1])) + 3 * ["a"]
    inside = np.array([*(random.random(n) < 0.4), True, True, False])
    for row in group_attributes.compare(texts, inside):
        known = [at for at, text in enumerate(texts) if text]
        has = [texts[at] == row["value"] for at in known]
        members = [bool(inside[at]) for at in known]
        assert row["p"] == pytest.approx(slow_fisher(has, members))
        assert row["known"] == sum(members)
        assert row["share"] == pytest.approx(
            np.mean([h for h, m in zip(has, members, strict=True) if m])
        )
        others = [h for h, m in zip(has, members, strict=True) if not m]
        assert row["share_elsewhere"] == pytest.approx(np.mean(others))


@pytest.mark.parametrize("step", [1, 7])
def test_numbers_are_compared_by_their_order(random, step):
    values = random.integers(0, 99, 60) // step
    inside = random.random(60) < 0.3
    texts = [str(value) if at else "" for at, value in enumerate(values)]
    (row,) = group_attributes.compare(texts, inside)
    known = np.arange(60) > 0
    first, second = values[inside & known], values[~inside & known]
    assert row["value"] == ""
    assert row["auc"] == pytest.approx(slow_auc(first, second))
    assert (row["median"], row["median_elsewhere"]) == (np.median(first), np.median(second))
