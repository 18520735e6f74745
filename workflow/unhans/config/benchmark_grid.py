"""Grid: the conditions of the detection benchmark, one for each kind, rate, difficulty and seed.

The corpus of a condition is one of digits like any other, named after its condition. Its network,
heatmaps and analyses are cached and resumed like those of any corpus.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

DIFFICULTIES: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "hard": {"blur": 0.8, "noise": 40.0, "per_class": 200},
}
"""Settings of the corpus that make digits hard to classify: the harder, the more a shortcut pays."""

CLEAN = "clean"
"""Kind of a condition without artefacts."""

CLASSES = 10
"""Classes of the corpus of digits."""


class Condition(NamedTuple):
    """One point of the grid: a corpus, with artefacts in some of its classes or in none."""

    kind: str
    """Kind of the artefact, or `CLEAN`."""
    rate: float
    """Share of the images of a poisoned class that are marked."""
    poisoned: int
    """Number of poisoned classes."""
    difficulty: str
    """One of `DIFFICULTIES`."""
    seed: int
    """Seed of all that is random: the classes, the marked images, the held-out ones, the noise."""

    @property
    def name(self) -> str:
        """Name of the corpus."""
        if self.kind == CLEAN:
            return f"clean_{self.difficulty}_s{self.seed}"
        rate = f"r{round(1000 * self.rate):03d}"
        return f"{self.kind}_{rate}_c{self.poisoned}_{self.difficulty}_s{self.seed}"

    def corpus(self) -> dict[str, Any]:
        """Section of the corpus in the configuration.

        Returns
        -------
        dict
            Keys of `models.Digits` and their values. Conditions that differ in kind, rate or difficulty
            alone have the same poisoned classes.

        """
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
    """List the conditions of a grid.

    Parameters
    ----------
    kinds : sequence of str
        Kinds of artefacts.
    rates : sequence of float
        Shares of marked images.
    poisoned : sequence of int
        Numbers of poisoned classes.
    difficulties : sequence of str
        Of `DIFFICULTIES`.
    seeds : sequence of int
        Seeds of the conditions with artefacts.
    clean_seeds : sequence of int
        Seeds of the conditions without artefacts.

    Yields
    ------
    Condition
        All combinations, then the conditions without artefacts.

    """
    for values in product(kinds, rates, poisoned, difficulties, seeds):
        yield Condition(*values)
    for difficulty, seed in product(difficulties, clean_seeds):
        yield Condition(CLEAN, 0.0, 0, difficulty, seed)
