"""Benchmark: a grid of planted corpora."""

from typing import Annotated, Literal

from pydantic import Field

from unhans.choices import ArtefactKind
from unhans.config.benchmark_grid import Condition, conditions
from unhans.config.fields import Listed, Section, Seed


class Detection(Section):
    """A grid of planted corpora to detect artefacts in (`snakemake detection_benchmark`).

    Each combination of the lists is one corpus of digits, named by its condition.
    """

    kinds: Listed[ArtefactKind] = Field((), description="Artefacts; an empty list means no grid.")
    rates: Listed[Annotated[float, Field(gt=0, le=1)]] = Field(
        (0.05, 0.25), description="Shares of a poisoned class's images that are marked."
    )
    poisoned: Listed[Annotated[int, Field(ge=1, le=9)]] = Field(
        (2,), description="Number of poisoned classes; the seed selects them."
    )
    difficulties: Listed[Literal["plain", "hard"]] = Field(
        ("plain",),
        description="plain: the digits as they are. hard: 200 per class, blurred and noisy, so that a "
        "shortcut pays.",
    )
    seeds: Listed[Seed] = Field((0,), description="Seeds of everything random in a corpus.")
    clean_seeds: Listed[Seed] = Field((), description="Seeds of corpora without artefacts.")

    def conditions(self) -> dict[str, Condition]:
        """Corpora of the grid by name.

        Returns
        -------
        dict of str to Condition
            By the name of the corpus; empty without a grid.
        """
        own = conditions(
            *(self.kinds, self.rates, self.poisoned, self.difficulties, self.seeds),
            clean_seeds=self.clean_seeds,
        )
        return {condition.name: condition for condition in own}
