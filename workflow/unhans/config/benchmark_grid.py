"""Grid: planted corpora to detect artefacts in, one for each kind, rate, difficulty and seed.

A condition is a corpus of digits like any other, under a name made of what it is: its network, heatmaps
and analyses are cached and resumed like those of any corpus.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

DIFFICULTIES: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "hard": {"blur": 0.8, "noise": 40.0, "per_class": 200},
}
"""What makes digits easy or hard to tell: the harder, the more a shortcut pays."""

CLEAN = "clean"
"""Kind of a condition without artefacts."""

CLASSES = 10


class Condition(NamedTuple):
    """One corpus of the grid."""

    kind: str
    """of the artefact, or ``clean``"""
    rate: float
    """share of a poisoned class's images that are marked"""
    poisoned: int
    """number of classes"""
    difficulty: str
    seed: int
    """of everything random: the classes, the marked images, the held-out ones, the noise"""

    @property
    def name(self) -> str:
        """Name of its corpus."""
        if self.kind == CLEAN:
            return f"clean_{self.difficulty}_s{self.seed}"
        rate = f"r{round(1000 * self.rate):03d}"
        return f"{self.kind}_{rate}_c{self.poisoned}_{self.difficulty}_s{self.seed}"

    def corpus(self) -> dict[str, Any]:
        """What the config says of its corpus."""
        random = np.random.default_rng([self.seed, self.poisoned])
        classes = sorted(random.choice(CLASSES, size=self.poisoned, replace=False).tolist())
        planted = [
            {"kind": self.kind, "class": str(digit), "rate": self.rate, "seed": self.seed}
            for digit in classes
        ]
        return {
            "source": "digits",
            "seed": self.seed,
            **DIFFICULTIES[self.difficulty],
            "planting": planted,
        }


def conditions(
    kinds: Sequence[str],
    rates: Sequence[float],
    poisoned: Sequence[int],
    difficulties: Sequence[str],
    seeds: Sequence[int],
    clean_seeds: Sequence[int],
) -> Iterator[Condition]:
    """List the conditions of a grid, those without artefacts last."""
    for values in product(kinds, rates, poisoned, difficulties, seeds):
        yield Condition(*values)
    for difficulty, seed in product(difficulties, clean_seeds):
        yield Condition(CLEAN, 0.0, 0, difficulty, seed)
