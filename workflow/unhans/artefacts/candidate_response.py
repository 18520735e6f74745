"""Candidate response: how a network responds to what a flagged group shares, put into other images."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans.artefacts import positives
from unhans.artefacts.artefact import Artefact
from unhans.artefacts.perturbation import patched
from unhans.artefacts.response import changed
from unhans.bootstrap import interval
from unhans.images import sampling
from unhans.images.dataset import ClassDataset
from unhans.io.store import Result
from unhans.networks.inference import predict
from unhans.networks.registry import Network
from unhans.types import Array

COLUMNS = [
    *("class", "indicator", "images", "pixels", "consistency", "rank_change", "probability_change"),
    *("probability_low", "probability_high", "control_rank_change", "control_probability_change"),
    "kind",
]


class Sources(NamedTuple):
    """Results of every class, by stage and class.

    Parameters
    ----------
    corpus, attribution, group_search : mapping of str to Result
        Of a lazy mapping, only the classes that are needed are opened.

    """

    corpus: Mapping[str, Result]
    attribution: Mapping[str, Result]
    group_search: Mapping[str, Result]

    def origins(self, classes: Iterable[str]) -> dict[str, Result]:
        """Give the results that the artefacts of some classes come from.

        Parameters
        ----------
        classes : iterable of str
            Their ids.

        Returns
        -------
        dict of str to Result
            Group searches, by what they are.

        """
        return {f"group_search of {name}": self.group_search[name] for name in classes}


def tabulate(
    flagged: Sequence[tuple[str, str]],
    sources: Sources,
    network: Network,
    *,
    root: Path | None,
    images: int = 200,
    seed: int = 0,
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Insert what each flagged group shares into images of other classes.

    The control inserts, at the same pixels, what an image of the class outside the group has there. A
    response to it is one to a cut-out of the class, or to damage. The control of what is added to
    images is the contrast of another image, of the same strength.

    Parameters
    ----------
    flagged : sequence of (str, str)
        Class and indicator of each flagged group.
    sources : Sources
        Results of every class.
    network : Network
        That explains the corpus.
    root : Path or None
        Folder of the image files; None for digits.
    images : int
        Most images of other classes that each is inserted into.
    seed : int
        Of the choice of images, and of random places.

    Returns
    -------
    table : DataFrame
        One row a flagged group, columns `COLUMNS`: means over the images, with a bootstrap interval
        of 95 %; a positive change of rank is a rise.
    artefacts : dict of str to ndarray
        ``mask`` (g, h, w) and ``template`` (g, c, h, w), in the order of the rows.

    Raises
    ------
    InputError
        The other classes hold no image, or the network takes no images of this corpus.
    StoreError
        An image file has changed since the manifest was made.
    KeyError
        A flagged class has no result among the sources.

    """
    rows: list[dict[str, Any]] = []
    found: list[Artefact] = []
    bar = tqdm(flagged, desc="candidate_response", unit="group", delay=5, mininterval=5)
    for class_id, indicator in bar:
        group = _group(class_id, indicator, sources, network, root, seed)
        others = sampling.others(class_id, sources.corpus, root, network.transform, images, seed)
        found.append(positives.suggest(indicator, group))
        measured = _row(found[-1], group, others, network.module, seed)
        rows.append({"class": class_id, "indicator": indicator, **measured})
    arrays = {name: [getattr(one, name) for one in found] for name in ("mask", "template")}
    stacked = {name: np.stack(each) for name, each in arrays.items() if each}
    return pd.DataFrame(rows, columns=COLUMNS), stacked


def _group(
    class_id: str,
    indicator: str,
    sources: Sources,
    network: Network,
    root: Path | None,
    seed: int,
) -> positives.Group:
    return positives.Group(
        ClassDataset(sources.corpus[class_id], root),
        sources.attribution[class_id],
        positives.of_group(sources.group_search[class_id], indicator),
        transform=network.transform,
        seed=seed,
    )


def _control(
    found: Artefact, group: positives.Group, others: NDArray[np.float32], seed: int
) -> NDArray[np.float32]:
    if found.adds:
        return patched(found, others, seed)[0]
    random = np.random.default_rng(seed)
    own = group.others
    plain = own[random.integers(len(own), size=len(others))]
    return np.where(found.masks(len(others))[:, None], plain, others)


def _row(
    found: Artefact,
    group: positives.Group,
    others: NDArray[np.float32],
    model: nn.Module,
    seed: int,
) -> dict[str, Any]:
    """Insert what a group shares, and its control, into other images, and describe the changes."""
    before = predict(model, others)
    perturbed = found.insert(others), _control(found, group, others, seed)
    change, plain = (changed(before, predict(model, one), group.index) for one in perturbed)
    low, high = interval(change.probability)
    return {
        "images": len(others),
        "pixels": int(found.mask.sum()),
        "consistency": found.consistency,
        "kind": found.kind,
        "rank_change": float(change.rank.mean()),
        "probability_change": float(change.probability.mean()),
        "probability_low": low,
        "probability_high": high,
        "control_rank_change": float(plain.rank.mean()),
        "control_probability_change": float(plain.probability.mean()),
    }
