"""Case: an accepted artefact, the network that uses it, and the images to correct it with."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unhans.artefacts.accepted import Accepted
from unhans.artefacts.artefact import Artefact
from unhans.artefacts.prepared_artefact import PreparedArtefact
from unhans.correction.data import CorrectionData, gather
from unhans.io.store import Result
from unhans.networks.registry import Network


@dataclass(frozen=True, eq=False)
class Case:
    """An artefact, the network that uses it, and images.

    Parameters
    ----------
    network : Network
        As it is.
    artefact : Artefact
        Ready to be inserted.
    data : CorrectionData
        Images to correct the network with and to evaluate it by.
    accepted : Accepted
        Row of the artefact.

    """

    network: Network
    artefact: Artefact
    data: CorrectionData
    accepted: Accepted

    @cached_property
    def attacked(self) -> NDArray[np.float32]:
        """Held-out images of the other classes, with the artefact put into them."""
        return self.artefact.insert(self.data.foreign.inputs)


def prepare(
    accepted: Accepted,
    prepared: PreparedArtefact,
    network: Network,
    *,
    corpora: Mapping[str, Result],
    root: Path | None,
    classes: int,
    images: int = 500,
    seed: int = 0,
) -> Case:
    """Read the images that a network is corrected with.

    Parameters
    ----------
    accepted : Accepted
        Row of the artefact.
    prepared : PreparedArtefact
        The artefact.
    network : Network
        That explains the corpus.
    corpora : mapping of str to Result
        Results of the corpus stage by class. Of a lazy mapping, only the classes drawn are opened.
    root : Path or None
        Folder of the image files; None for digits.
    classes : int
        Number of classes, that of the artefact included.
    images : int
        Most images of a class and split.
    seed : int
        Of the choice of classes and images.

    Returns
    -------
    Case

    Raises
    ------
    InputError
        There are no other classes, or a split holds no images.

    """
    data = gather(
        accepted.class_id,
        corpora,
        prepared.positives,
        root=root,
        transform=network.transform,
        classes=classes,
        images=images,
        seed=seed,
        target=prepared.index,
    )
    return Case(network, prepared.artefact, data, accepted)
