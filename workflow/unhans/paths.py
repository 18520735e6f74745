"""Paths: the grammar of result paths. It builds them for rules and parses them for readers.

A result lies in the folders of the parameters that it depends on, a prefix of the fields of an analysis:

    <results>/<corpus>/<model>/<composite>/<representation>/<metric>/knn<knn>/q<q>/<stage>/<class>.zarr.zip

How many of these folders a stage has is its depth: 1 for images, 3 for heatmaps, 7 for clusters. A
table of all classes lies in the folders themselves, ``<results>/<corpus>/<model>/accuracy.tsv``; what
is made of one accepted artefact lies in its stage's folder under the artefact's name. Logs and
benchmarks lie in the same folders again, below ``<results>/logs`` and ``<results>/benchmarks``.

Nothing else joins or splits the path of a result.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any, NamedTuple

RESULT = ".zarr.zip"
"""Ending of the result of one class."""


class Analysis(NamedTuple):
    """One point of the grid of analyses. Its fields name the folders that its results lie in."""

    corpus: str
    model: str
    composite: str
    representation: str
    metric: str
    knn: int
    q: int

    @property
    def path(self) -> str:
        """Folder of this analysis within the results."""
        return folder(self, len(self))

    @property
    def network(self) -> tuple[str, str]:
        """Corpus and network."""
        return self.corpus, self.model

    @property
    def explanation(self) -> tuple[str, str, str]:
        """Corpus, network and composite: what a set of heatmaps is named by."""
        return self.corpus, self.model, self.composite

    @property
    def comparison(self) -> str:
        """Folder of this analysis within those of its heatmaps: ``none/euclidean/knn10/q32``."""
        return "/".join(_names(self, range(len(self.explanation), len(self))))


NUMBERED = ("knn", "q")
"""Fields whose folders bear their name before the value: ``knn10``."""

PATHVARS: Mapping[str, str] = {
    "corpus": "{corpus}",
    "model": "<corpus>/{model}",
    "composite": "<model>/{composite}",
    "representation": "<composite>/{representation}",
    "metric": "<representation>/{metric}",
    "graph": "<metric>/knn{knn}",
    "analysis": "<graph>/q{q}",
}
"""The same folders as path variables of Snakemake. Each has one field more than the one above."""


class Location(NamedTuple):
    """What the path of a result says."""

    fields: tuple[str, ...]
    """Values of as many fields of an analysis as the stage has folders, numbers as text"""
    name: str
    """The class or artefact, or the file's name without its ending"""


def folder(fields: Any, depth: int) -> str:
    """Name the folder of a point of the grid within the results.

    Parameters
    ----------
    fields : Analysis or any object with the attributes of one
        The point of the grid, or a job's wildcards.
    depth : int
        How many fields name the folder.

    Returns
    -------
    str
        ``digits/small_vgg`` for a depth of 2; empty for 0.
    """
    return "/".join(_names(fields, range(depth)))


def result(results: str, stage: str, depth: int, fields: Any, name: str) -> str:
    """Path of what a stage keeps of one class, or of one accepted artefact.

    Parameters
    ----------
    results : str
        Folder of all results.
    stage : str
        Name of the stage.
    depth : int
        Fields that tell the stage's results apart.
    fields : Analysis or any object with the attributes of one
        The point of the grid, or a job's wildcards.
    name : str
        Id of the class, or name of the artefact.

    Returns
    -------
    str
    """
    return _joined(results, folder(fields, depth), stage, f"{name}{RESULT}")


def of_stage(results: str, stage: str, depth: int, fields: Any, file: str) -> str:
    """Path of another file in a stage's folder, such as ``correction/border.tsv``; see `result`.

    Parameters
    ----------
    results, stage, depth, fields : str, str, int, Analysis or wildcards
        See `result`.
    file : str
        Name of the file, or a path within the stage's folder.

    Returns
    -------
    str
    """
    return _joined(results, folder(fields, depth), stage, file)


def beside(results: str, depth: int, fields: Any, file: str) -> str:
    """Path of a file that covers all classes of a point of the grid, such as ``accuracy.tsv``.

    Parameters
    ----------
    results : str
        Folder of all results.
    depth : int
        Fields that name the folder; 0 for a file of the whole run.
    fields : Analysis or any object with the attributes of one
        The point of the grid, or a job's wildcards.
    file : str
        Name of the file.

    Returns
    -------
    str
    """
    return _joined(results, folder(fields, depth), file)


def log(results: str, depth: int, fields: Any, *names: str) -> str:
    """Path of the log of a job: ``<results>/logs``, the folders of its result, and names within them.

    Parameters
    ----------
    results : str
        Folder of all results.
    depth : int
        Fields that name the folder.
    fields : Analysis or any object with the attributes of one
        The point of the grid, or a job's wildcards.
    *names : str
        Folders within that one, and last the name of the log without its ending.

    Returns
    -------
    str
    """
    return _joined(f"{results}/logs", folder(fields, depth), "/".join(names) + ".log")


def benchmark(results: str, depth: int, fields: Any, *names: str) -> str:
    """Path of Snakemake's benchmark of a job, in the same folders as its `log`.

    Parameters
    ----------
    results : str
        Folder of all results.
    depth : int
        Fields that name the folder.
    fields : Analysis or any object with the attributes of one
        The point of the grid, or a job's wildcards.
    *names : str
        As of the log.

    Returns
    -------
    str
    """
    return _joined(f"{results}/benchmarks", folder(fields, depth), "/".join(names) + ".tsv")


def name_of(path: str | PurePath) -> str:
    """Id of the class, or name of the artefact, of a result: its file's name without the ending.

    Parameters
    ----------
    path : str or path
        Of a result.

    Returns
    -------
    str
    """
    return PurePath(path).name.removesuffix(RESULT)


def by_name(paths: Iterable[str]) -> dict[str, str]:
    """Results of one stage by the class, or the artefact, that each is of; in the order given.

    Parameters
    ----------
    paths : iterable of str
        Paths of results.

    Returns
    -------
    dict of str to str
        Path by name.
    """
    return {name_of(path): path for path in paths}


def parse(path: str, depth: int) -> Location:
    """Say which point of the grid and which class a path of `result` is of.

    Parameters
    ----------
    path : str
        The path; the folder of all results may be any.
    depth : int
        Fields that tell the stage's results apart.

    Returns
    -------
    Location
    """
    *folders, _, _ = path.split("/")
    return Location(_values(folders, depth), name_of(path))


def stage_of(path: str | PurePath) -> str:
    """Name the folder that a result lies in: its stage, where it is of one class or artefact.

    Parameters
    ----------
    path : str or path
        Of a result.

    Returns
    -------
    str
    """
    return PurePath(path).parent.name


def point_of(path: Path) -> Path:
    """Folder of the point of the grid that a result of one class is of; later stages lie below it too.

    Parameters
    ----------
    path : Path
        As `result` builds it.

    Returns
    -------
    Path
    """
    return path.parent.parent


def parse_analysis(path: str) -> tuple[Analysis, str]:
    """Say which analysis and which class the path of a result of the greatest depth is of.

    Parameters
    ----------
    path : str
        As `result` builds it at the depth of all fields.

    Returns
    -------
    analysis : Analysis
    name : str
        Id of the class.
    """
    fields, name = parse(path, len(Analysis._fields))
    *names, knn, q = fields
    return Analysis._make((*names, int(knn), int(q))), name


def parse_beside(path: str, depth: int) -> tuple[str, ...]:
    """Values of the fields of an analysis that a path of `beside` names.

    Parameters
    ----------
    path : str
        As `beside` builds it.
    depth : int
        Fields that name its folder.

    Returns
    -------
    tuple of str
        ``depth`` values, numbers as text.
    """
    *folders, _ = path.split("/")
    return _values(folders, depth)


def _names(fields: Any, places: range) -> list[str]:
    chosen = [Analysis._fields[place] for place in places]
    return [f"{name if name in NUMBERED else ''}{getattr(fields, name)}" for name in chosen]


def _values(folders: list[str], depth: int) -> tuple[str, ...]:
    own = folders[len(folders) - depth :]
    named = zip(Analysis._fields, own, strict=False)
    return tuple(value.removeprefix(name if name in NUMBERED else "") for name, value in named)


def _joined(*parts: str) -> str:
    return "/".join(part for part in parts if part)
