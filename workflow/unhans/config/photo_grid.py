"""Grid of photographs: the conditions of the detection benchmark on a folder of photographs.

A condition is a network of its own: some classes of its corpus bear a mark, each another one, or two
the same. The marks of a seed are put together by chance, so that each is in about one network.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import Any, NamedTuple

import numpy as np


class PhotoCondition(NamedTuple):
    """One point of the grid: a corpus of photographs, with marks in some of its classes or in none."""

    kinds: tuple[str, ...]
    """Mark of each marked class; none in a clean corpus."""
    rate: float
    """Share of the images of a marked class that are marked."""
    seed: int
    """Seed of all that is random: the classes, the marked images, places and sizes."""

    @property
    def poisoned(self) -> int:
        """Number of marked classes."""
        return len(self.kinds)

    @property
    def shared(self) -> bool:
        """Whether two classes bear the same mark."""
        return len(set(self.kinds)) < len(self.kinds)

    @property
    def name(self) -> str:
        """Name of the corpus."""
        if not self.kinds:
            return f"photos_clean_s{self.seed}"
        rate = f"r{round(1000 * self.rate):03d}"
        return f"photos_{'_and_'.join(self.kinds)}_{rate}_s{self.seed}"

    def planting(self, classes: Sequence[str]) -> list[dict[str, Any]]:
        """Plantings of the corpus.

        Parameters
        ----------
        classes : sequence of str
            All classes. Conditions that differ in kind or rate alone have the same marked ones.

        Returns
        -------
        list of dict
            Keys and values of `images.PhotoPlanting`.

        """
        random = np.random.default_rng([self.seed, self.poisoned])
        chosen = random.choice(len(classes), size=self.poisoned, replace=False)
        return [
            {"kind": kind, "class": classes[at], "rate": self.rate, "seed": self.seed}
            for kind, at in zip(self.kinds, chosen, strict=True)
        ]


def photo_conditions(
    kinds: Sequence[str],
    rates: Sequence[float],
    poisoned: Sequence[int],
    shared: Sequence[str],
    seeds: Sequence[int],
    clean_seeds: Sequence[int],
) -> Iterator[PhotoCondition]:
    """List the conditions of a grid.

    Parameters
    ----------
    kinds : sequence of str
        Marks.
    rates : sequence of float
        Shares of marked images.
    poisoned : sequence of int
        Numbers of marked classes, 1 or 2.
    shared : sequence of str
        Marks that two classes bear, each in a network of its own.
    seeds : sequence of int
        Seeds of the conditions with marks.
    clean_seeds : sequence of int
        Seeds of the conditions without marks.

    Yields
    ------
    PhotoCondition
        With marks of one class each, then with shared ones, then without marks.

    """
    for count, seed, rate in product(poisoned, seeds, rates):
        for together in _groups(kinds, count, seed):
            yield PhotoCondition(together, rate, seed)
    for kind, rate, seed in product(shared, rates, seeds):
        yield PhotoCondition((kind, kind), rate, seed)
    for seed in clean_seeds:
        yield PhotoCondition((), 0.0, seed)


def _groups(kinds: Sequence[str], count: int, seed: int) -> Iterator[tuple[str, ...]]:
    """Put marks together by chance; with an odd number of them one is in two networks."""
    order = np.random.default_rng([seed, 7]).permutation(len(kinds))
    mixed = [kinds[at] for at in order]
    if count == 1 or len(mixed) < 2:
        yield from ((kind,) for kind in mixed)
        return
    mixed += mixed[:1] if len(mixed) % 2 else []
    yield from list(pairwise(mixed))[::2]
