"""Explained classes: images, heatmaps and predictions of a corpus, as pictures show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from unhans.images.dataset import ClassDataset, DisplayImages
from unhans.images.transform import Transform
from unhans.io.store import Result


@dataclass(frozen=True, eq=False)
class ExplainedClass:
    """Results of one class.

    Parameters
    ----------
    results : mapping of str to Result
        By stage: ``corpus``, ``attribution`` and further ones.
    network : Result
        Record of the network.
    root : Path or None
        Folder of the image files; None for digits.

    """

    results: Mapping[str, Result]
    network: Result
    root: Path | None

    def __getitem__(self, stage: str) -> Result:
        """Return the result of a stage."""
        return self.results[stage]

    @property
    def set_aside(self) -> bool:
        """Whether a stage set the class aside, so that its result holds no arrays."""
        return any(result.attributes["status"] != "ok" for result in self.results.values())

    @property
    def transform(self) -> Transform | None:
        """Transform of the network; None for digits."""
        return Transform.of(self.network.attributes.get("transform"))

    @property
    def images(self) -> DisplayImages:
        """Images that were explained, as people see them; read one at a time."""
        members = ClassDataset(self.results["corpus"], self.root)
        return DisplayImages(members, self.results["attribution"]["image"], self.transform)

    @property
    def predictions(self) -> list[str]:
        """Name of the class that the network predicts for each image."""
        names = self.network.attributes["names"]
        return [
            names[index] if index < len(names) and names[index] else f"output {index}"
            for index in self.results["attribution"]["prediction"]
        ]


@dataclass(frozen=True, eq=False)
class ExplainedClasses:
    """Results of all classes of a corpus; those of a class are read when it is asked for.

    Parameters
    ----------
    stages : mapping of str to mapping of str to Result
        By stage and class, ``corpus``, ``attribution`` and further ones; see `store.classes`.
    network : Result
        Record of the network, which names its classes and holds its transform.
    root : Path or None
        Folder of the image files; None for digits.

    """

    stages: Mapping[str, Mapping[str, Result]]
    network: Result
    root: Path | None

    def __getitem__(self, class_id: str) -> ExplainedClass:
        """Open the results of a class."""
        results = {stage: classes[class_id] for stage, classes in self.stages.items()}
        return ExplainedClass(results, self.network, self.root)
