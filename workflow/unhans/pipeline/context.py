"""Context: the configuration of a run, its classes and its code, as the settings of stages read them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from unhans.artefacts.accepted import Accepted
from unhans.config.models import Config
from unhans.config.networks import Trained
from unhans.features.answers import Answer
from unhans.pipeline import accepted_rows
from unhans.pipeline.classes import Classes


@dataclass(frozen=True, eq=False)
class Context:
    """What the settings of a stage may depend on.

    Parameters
    ----------
    config : Config
        Configuration of the run.
    classes : Classes
        Classes of its corpora.
    root : Path
        Folder that holds ``scripts`` and ``unhans``.
    """

    config: Config
    classes: Classes
    root: Path

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The configuration as plain values."""
        return self.config.plain()

    @cached_property
    def accepted(self) -> list[Accepted]:
        """Accepted artefacts of this configuration."""
        return accepted_rows.read(self.config, self.classes, default=self.root.parent)

    @cached_property
    def feature_labels(self) -> list[Answer]:
        """A person's labels of features of this configuration."""
        default = self.root.parent
        return accepted_rows.feature_labels(self.config, self.classes, default=default)

    def artefact(self, wildcards: Any) -> Accepted:
        """Find the accepted artefact of a job.

        Parameters
        ----------
        wildcards : Wildcards
            Those of the job, ``artefact`` among them.

        Returns
        -------
        Accepted
        """
        return next(row for row in self.accepted if row.artefact == wildcards.artefact)

    def network_stage(self, model: str) -> str:
        """Name the stage that makes a network.

        Parameters
        ----------
        model : str
            Name of the network in the configuration.

        Returns
        -------
        str
            ``training``, ``fine_tuning`` or ``model``.
        """
        found = self.config.model[model]
        if isinstance(found, Trained):
            return "training"
        return "model" if found.fine_tuning is None else "fine_tuning"
