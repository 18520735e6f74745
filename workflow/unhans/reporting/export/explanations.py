"""Explanations: the classes of each corpus, network and composite of a run, for the exports."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from unhans.io.store import Result
from unhans.paths import Location, parse, parse_beside
from unhans.reporting.explained import ExplainedClass

DEPTH = 3
"""Fields that tell heatmaps apart: corpus, network and composite."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """The classes of a corpus as one network takes them and one composite explains them.

    Parameters
    ----------
    fields : tuple of str
        Corpus, network and composite.
    stages : mapping of str to mapping of str to Result
        Results of ``corpus``, ``attribution`` and further stages by class, each read when it is asked
        for.
    network : Result
        Record of the network.
    root : Path or None
        Folder of the image files; None for digits.

    """

    fields: tuple[str, str, str]
    stages: Mapping[str, Mapping[str, Result]]
    network: Result
    root: Path | None

    def __getitem__(self, class_id: str) -> ExplainedClass:
        """Open the results of a class; nothing of it is kept."""
        opened = {stage: classes[class_id] for stage, classes in self.stages.items()}
        return ExplainedClass(opened, self.network, self.root)

    def __iter__(self) -> Iterator[str]:
        """Give the classes that were explained, in order."""
        for class_id, result in self.stages["attribution"].items():
            if result.attributes["status"] == "ok" and len(result["image"]):
                yield class_id

    @property
    def location(self) -> Location:
        """What names files of all its classes."""
        return Location(self.fields, "")


class ByClass(Mapping[str, Result]):
    """Results by class, of those by path.

    Parameters
    ----------
    results : mapping of str to Result
        By path.
    paths : mapping of str to str
        Path of each class.

    """

    def __init__(self, results: Mapping[str, Result], paths: Mapping[str, str]) -> None:
        self._results, self._paths = results, paths

    def __getitem__(self, class_id: str) -> Result:
        return self._results[self._paths[class_id]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def divided(results: Mapping[str, Result], depth: int) -> dict[tuple[str, ...], ByClass]:
    """Divide results of one stage by the point of the grid that they are of.

    Parameters
    ----------
    results : mapping of str to Result
        By path, from `store.by_path`.
    depth : int
        Fields that tell results of the stage apart.

    Returns
    -------
    dict of tuple of str to ByClass
        In the order of the paths.

    """
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for path in results:
        location = parse(path, depth)
        found.setdefault(location.fields, {})[location.name] = path
    return {fields: ByClass(results, paths) for fields, paths in found.items()}


def explanations(
    images: Mapping[str, Result],
    stages: Mapping[str, Mapping[str, Result]],
    networks: Mapping[str, Result],
    root_of: Callable[[str], Path | None],
) -> Iterator[Explanation]:
    """Give each corpus, network and composite of a run.

    Parameters
    ----------
    images : mapping of str to Result
        Of the stage corpus, by path.
    stages : mapping of str to mapping of str to Result
        By stage and path: ``attribution`` and further stages of its depth.
    networks : mapping of str to Result
        Records by path.
    root_of : callable of str
        Gives the folder of the image files of a corpus; None for digits.

    Yields
    ------
    Explanation

    """
    classes = divided(images, 1)
    own = {stage: divided(results, DEPTH) for stage, results in stages.items()}
    records = {parse_beside(path, 2): path for path in networks}
    for fields in own["attribution"]:
        corpus, model, composite = fields
        results = {stage: found[fields] for stage, found in own.items()}
        yield Explanation(
            (corpus, model, composite),
            {"corpus": classes[corpus,], **results},
            networks[records[corpus, model]],
            root_of(corpus),
        )
