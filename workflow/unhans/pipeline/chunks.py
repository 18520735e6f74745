"""Chunks: how the classes of a corpus are divided among jobs."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from unhans.config.images import Digits
from unhans.config.models import Config
from unhans.pipeline.classes import Classes

COPIES: Mapping[str, float] = {"euclidean": 4, "hellinger": 5, "cosine": 5}
"""Megabytes of memory for each megabyte of stored heatmaps, by metric (docs/reliability.md)"""

OTHER_COPIES = 8.0
"""The same for metrics of optimal transport, and for those of a user's own"""


def copies_of_metric(wildcards: Any) -> float:
    """Megabytes that a metric takes for each megabyte of stored heatmaps.

    Parameters
    ----------
    wildcards : Wildcards
        Of a job; ``metric`` is read.

    Returns
    -------
    float
    """
    return COPIES.get(wildcards.metric, OTHER_COPIES)


class ClassChunk(NamedTuple):
    """The classes that a stage's rule computes: one (the wildcard ``class_id``), or several in a row.

    A chunk of several pays imports, and the submission to a cluster, once for all its classes. Its rule
    names the result of each class, so that each is kept, targeted and deleted by itself all the same.
    """

    corpora: tuple[str, ...]
    """Corpora that the rule is for"""
    number: int | None = None
    """Number of the chunk; None for all classes of a corpus"""
    classes: tuple[str, ...] = ()
    """Ids of its classes; empty for the wildcard"""
    width: int = 1
    """Classes that a full chunk holds"""

    def rule(self, stage: str) -> str:
        """Name of the rule of a stage.

        Parameters
        ----------
        stage : str
            Name of the stage.

        Returns
        -------
        str
        """
        return f"{stage}_{self.label}" if self.classes else stage

    @property
    def label(self) -> str:
        """Distinguishes the files of this rule's jobs from those of others."""
        if not self.classes:
            return "{class_id}"
        name = self.corpora[0] + ("" if len(self.corpora) == 1 else "_etc")
        return name + ("" if self.number is None else f"_{self.number:03d}")

    @property
    def description(self) -> str:
        """Name of the chunk in the message of a rule."""
        if not self.classes:
            return "class {wildcards.class_id}"
        return f"{len(self.classes)} classes, {self.classes[0]} to {self.classes[-1]}"

    @property
    def size(self) -> int:
        """Classes a job."""
        return max(1, len(self.classes))

    @property
    def corpus(self) -> str:
        """Regular expression of the wildcard ``corpus``."""
        return one_of(self.corpora)

    def each(self, path: str) -> str | list[str]:
        """Path of a file that each class has: with the wildcard, or a list for a chunk.

        Parameters
        ----------
        path : str
            With the wildcard ``class_id``.

        Returns
        -------
        str or list of str
            The path as it is, or one path for each class of the chunk.
        """
        if not self.classes:
            return path
        return [path.replace("{class_id}", class_id) for class_id in self.classes]

    def memory(
        self, base: int, per_input: float | Callable[[Any], float] = 0
    ) -> Callable[..., int]:
        """Megabytes that a job may take: one class at a time is in memory, more at each attempt.

        Parameters
        ----------
        base : int
            Megabytes whatever the inputs are.
        per_input : float or callable
            Megabytes for each megabyte of a class's inputs; a function takes the job's wildcards.

        Returns
        -------
        callable
            As Snakemake calls it for ``mem_mb``; returns an int.
        """

        def megabytes(wildcards: Any, input: Any, attempt: int) -> int:
            times = per_input(wildcards) if callable(per_input) else per_input
            return int(base + times * input.size_mb / self.size) * attempt

        return megabytes

    def minutes(self, base: float, each: float = 1) -> Callable[..., int]:
        """Minutes that a job may take, more at each attempt.

        Parameters
        ----------
        base : float
            Minutes of the first class.
        each : float
            Minutes of each further class.

        Returns
        -------
        callable
            As Snakemake calls it for ``runtime``; returns an int.
        """

        def minutes(wildcards: Any, attempt: int) -> int:
            return int(base + each * (self.size - 1)) * attempt

        return minutes

    def of(self, wildcards: Any) -> tuple[str, ...]:
        """Classes of one job.

        Parameters
        ----------
        wildcards : Wildcards
            Of the job; ``class_id`` is read where the chunk names no classes.

        Returns
        -------
        tuple of str
            Ids.
        """
        return self.classes or (wildcards.class_id,)


def class_chunks(config: Config, classes: Classes, needed: bool) -> list[ClassChunk]:
    """Divide the classes among jobs: one each, or in chunks where there are many.

    A class's chunk follows from its place among all classes of its corpus. With chunks of the same size,
    another choice of classes therefore leaves the other chunks as they are.

    Parameters
    ----------
    config : Config
        ``execution.classes_per_job`` sets the size of a chunk.
    classes : Classes
        Of all corpora.
    needed : bool
        Divide all classes whose images are needed, not only those analysed.

    Returns
    -------
    list of ClassChunk
        First the one of all corpora whose classes have a job each, if there are any.

    Raises
    ------
    ConfigError
        The classes of a corpus cannot be read; see `images.class_index.read`.
    """
    single = []
    # Corpora that fall into the same chunks share their rules: a grid has hundreds of them.
    alike: dict[tuple[ClassChunk, ...], list[str]] = {}
    for corpus in config.corpus:
        own = classes.needed(corpus) if needed else classes.analysed(corpus)
        digits = isinstance(config.corpus[corpus], Digits)
        size = config.execution.chunk(len(own), digits=digits)
        if size == 1:
            single.append(corpus)
            continue
        place = {entry.id: at for at, entry in enumerate(classes.entries(corpus))}
        cut = groupby(own, key=lambda name: place[name] // size)
        made = (ClassChunk((), number, tuple(members), size) for number, members in cut)
        alike.setdefault(tuple(made), []).append(corpus)
    several = [
        chunk._replace(corpora=tuple(corpora))
        for chunks, corpora in alike.items()
        for chunk in chunks
    ]
    return [*([ClassChunk(tuple(single))] if single else []), *several]


def whole_corpora(chunks: Iterable[ClassChunk]) -> list[ClassChunk]:
    """Group chunks for rules that read the results of all classes of a corpus.

    One rule serves all corpora whose classes have a job each; corpora in chunks have a rule of their own.

    Parameters
    ----------
    chunks : iterable of ClassChunk
        As `class_chunks` returns them.

    Returns
    -------
    list of ClassChunk
        Without numbers.
    """
    single: list[ClassChunk] = []
    chunked: dict[tuple[str, ...], tuple[str, ...]] = {}
    for chunk in chunks:
        if chunk.classes:
            chunked[chunk.corpora] = chunked.get(chunk.corpora, ()) + chunk.classes
        else:
            single.append(chunk)
    return [*single, *(ClassChunk(corpora, classes=own) for corpora, own in chunked.items())]


def one_of(names: Iterable[str]) -> str:
    """Regular expression that matches these names and nothing else.

    Parameters
    ----------
    names : iterable of str
        May be empty.

    Returns
    -------
    str
        The expression; without names, one that matches nothing.
    """
    return "|".join(re.escape(name) for name in names) or "(?!)"
