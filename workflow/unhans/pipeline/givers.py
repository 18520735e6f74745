"""Givers: images of other classes that the job of a class reads for the surroundings in them."""

from collections.abc import Callable
from typing import Any

from unhans.pipeline.chunks import ClassChunk
from unhans.pipeline.plan import Plan
from unhans.probes.givers import following


def of_each(plan: Plan, chunk: ClassChunk) -> Callable[[Any], dict[str, dict[str, list[str]]]]:
    """Classes whose surroundings are put into the images of each class of a job, by class.

    Parameters
    ----------
    plan : Plan
        Of the run.
    chunk : ClassChunk
        Classes of the job.

    Returns
    -------
    callable
        As Snakemake calls it for a parameter: ``givers`` by class.
    """

    def classes(wildcards: Any) -> dict[str, dict[str, list[str]]]:
        every = plan.classes.analysed(wildcards.corpus)
        return {name: {"givers": following(every, name)} for name in chunk.of(wildcards)}

    return classes


def images(plan: Plan, chunk: ClassChunk) -> Callable[[Any], list[str]]:
    """Paths of the images of the classes that give to each class of a job; see `of_each`.

    Parameters
    ----------
    plan : Plan
        Of the run.
    chunk : ClassChunk
        Classes of the job.

    Returns
    -------
    callable
        As Snakemake calls it for an input.
    """
    known = of_each(plan, chunk)

    def paths_of_each(wildcards: Any) -> list[str]:
        return [
            plan.result("corpus", wildcards, name)
            for one in known(wildcards).values()
            for name in one["givers"]
        ]

    return paths_of_each
