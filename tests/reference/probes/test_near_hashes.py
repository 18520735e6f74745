"""near_hashes and hashes: against comparing all pairs, and the cosine transform by its definition."""

import numpy as np
import pytest

from unhans.probes import duplicates, hashes, near_hashes


def slow_pairs(values, bits):
    found = [
        (i, j, bin(int(values[i]) ^ int(values[j])).count("1"))
        for i in range(len(values))
        for j in range(i + 1, len(values))
    ]
    return [one for one in found if one[2] <= bits]


def flipped(random, base, most):
    """Hashes near one, by up to so many bits."""
    changed = [random.choice(64, random.integers(0, most + 1), replace=False) for _ in range(40)]
    masks = [
        np.bitwise_or.reduce(
            np.left_shift(np.uint64(1), own.astype(np.uint64)), initial=np.uint64(0)
        )
        for own in changed
    ]
    return np.array([base ^ mask for mask in masks], dtype=np.uint64)


CASES = {
    "random": lambda random: random.integers(0, 2**64, 60, dtype=np.uint64),
    "near": lambda random: np.concatenate(
        [flipped(random, base, 8) for base in random.integers(0, 2**64, 3, dtype=np.uint64)]
    ),
    "tied": lambda random: np.repeat(random.integers(0, 2**64, 5, dtype=np.uint64), 6),
    "tiny": lambda _: np.array([7], dtype=np.uint64),
    "none": lambda _: np.array([], dtype=np.uint64),
    "zero": lambda _: np.zeros(12, dtype=np.uint64),
}


@pytest.mark.parametrize("bits", [0, 2, 5, 8, 11])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_pairs_are_all_that_differ_in_few_bits(case, bits, monkeypatch):
    values = case(np.random.default_rng(bits))
    found = np.stack(near_hashes.pairs(values, bits), axis=1).tolist()
    assert [tuple(one) for one in found] == slow_pairs(values, bits)
    monkeypatch.setattr(near_hashes, "AT_ONCE", 3)
    if bits < 6:
        assert np.stack(near_hashes.pairs(values, bits), axis=1).tolist() == found


def test_a_crowd_of_hashes_is_compared_with_those_next_to_it(monkeypatch):
    monkeypatch.setattr(near_hashes, "CROWD", 2)
    first, second, _ = near_hashes.pairs(np.zeros(50, dtype=np.uint64), 8)
    assert set(zip(first.tolist(), second.tolist(), strict=True)) >= {(i, i + 1) for i in range(49)}
    assert len(first) < 150


def slow_transform(image, u, v):
    n = len(image)
    return 4 * sum(
        image[x, y]
        * np.cos(np.pi * u * (2 * x + 1) / (2 * n))
        * np.cos(np.pi * v * (2 * y + 1) / (2 * n))
        for x in range(n)
        for y in range(n)
    )


def test_the_hash_is_of_the_lowest_frequencies(random):
    image = random.integers(0, 256, (32, 32)).astype(np.uint8)
    low = np.array([slow_transform(image.astype(float), u, v) for u in range(8) for v in range(8)])
    expected = int("".join("1" if value > np.median(low) else "0" for value in low), 2)
    assert int(hashes.perceptual(image[None])[0]) == expected
    assert hashes.perceptual(np.zeros((0, 32, 32), np.uint8)).shape == (0,)


def test_the_correlation_is_pearsons(random):
    first, second = random.integers(0, 256, (2, 5, 32, 32)).astype(np.uint8)
    second[0] = first[0]
    second[1] = 3
    found = duplicates.correlation(first, second)
    expected = [
        np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(first[2:], second[2:], strict=True)
    ]
    np.testing.assert_allclose(found, [1, -1, *expected])
    assert duplicates.correlation(first[:0], second[:0]).shape == (0,)
