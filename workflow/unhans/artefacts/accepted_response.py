"""Accepted response: how a network responds when an accepted artefact is put into images or taken out.

==================  ================================================================================
insertion           the artefact put into images of other classes (table 3 of the paper)
control             a random patch of its size put into the same images
painted_out         the artefact put into them and taken out again: what taking it out leaves
removal             the artefact taken out of images of its class that show it (table 4)
removal_control     the same images, as much painted over at random places; of what a denoiser takes out,
                    images of other classes, which do not show it, restored in the same way
==================  ================================================================================
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from unhans.artefacts.accepted import Accepted
from unhans.artefacts.artefact import Mask
from unhans.artefacts.drawn import as_picture
from unhans.artefacts.perturbation import inpainted, patched, removed
from unhans.artefacts.prepared_artefact import PreparedArtefact
from unhans.artefacts.response import changed
from unhans.artefacts.whole_change import WholeChange
from unhans.attribution.explainer import Explainer
from unhans.bootstrap import interval
from unhans.images import sampling
from unhans.images.dataset import ClassDataset
from unhans.io.store import Result
from unhans.networks.inference import predict, probability, rank_of
from unhans.networks.registry import Network
from unhans.types import Array

COLUMNS = [
    *("corpus", "model", "composite", "artefact", "class", "perturbation", "images", "area"),
    *("rank_change", "rank_low", "rank_high"),
    *("probability_change", "probability_low", "probability_high"),
]

SHOWN = ("insertion", "control", "removal")
"""Perturbations of which samples are kept for pictures."""


@dataclass(frozen=True, eq=False)
class Case:
    """An artefact, and images that it is put into and taken out of.

    Parameters
    ----------
    accepted : Accepted
        Row of the artefact.
    prepared : PreparedArtefact
        Ready to be inserted.
    network : Network
        That explains the corpus.
    others : ndarray of float32, shape (n, c, h, w)
        Images of other classes.
    own : ndarray of float32, shape (s, c, h, w)
        Images of its class that show it; none where none are known.
    seed : int
        Of random patches.

    """

    accepted: Accepted
    prepared: PreparedArtefact
    network: Network
    others: NDArray[np.float32]
    own: NDArray[np.float32]
    seed: int = 0


class Perturbed(NamedTuple):
    """Images before and after a perturbation.

    Parameters
    ----------
    before, after : ndarray of float32, shape (n, c, h, w)
        Inputs of the network.
    masks : ndarray of bool, shape (n, h, w)
        Pixels that may have changed.

    """

    before: NDArray[np.float32]
    after: NDArray[np.float32]
    masks: Mask


@dataclass(frozen=True, eq=False)
class Samples:
    """Images before and after a perturbation, and what the network looks at for the artefact's class.

    Parameters
    ----------
    perturbations : list of str
        Name of the perturbation of each of s samples, in the order of the table.
    picture : ndarray of uint8, shape (s, 2, h, w) or (s, 2, h, w, 3)
        The images, before and after.
    heatmap : ndarray of float32, shape (s, 2, h, w)
        Relevance for the artefact's class.
    probability : ndarray of float64, shape (s, 2)
        Of the artefact's class.
    rank : ndarray of int, shape (s, 2)
        Of the artefact's class, from 1.

    """

    perturbations: list[str]
    picture: NDArray[np.uint8]
    heatmap: NDArray[np.float32]
    probability: NDArray[np.float64]
    rank: NDArray[np.int64]

    def arrays(self) -> dict[str, Array]:
        """Give the arrays that the store keeps; ``perturbations`` is an attribute.

        Returns
        -------
        dict of str to ndarray
            By name.

        """
        return {name: value for name, value in vars(self).items() if name != "perturbations"}


def prepare(
    accepted: Accepted,
    prepared: PreparedArtefact,
    network: Network,
    *,
    corpora: Mapping[str, Result],
    root: Path | None,
    images: int = 500,
    seed: int = 0,
) -> Case:
    """Read the images that an artefact is put into and taken out of.

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
    images : int
        Most images of other classes.
    seed : int
        Of the choice of images, and of random patches.

    Returns
    -------
    Case

    Raises
    ------
    InputError
        The other classes hold no image.
    StoreError
        An image file has changed since the manifest was made.

    """
    class_id, transform = accepted.class_id, network.transform
    others = sampling.others(class_id, corpora, root, transform, images, seed)
    own = others[:0]
    if len(prepared.shown):
        dataset = ClassDataset(corpora[class_id], root)
        own = np.stack([dataset.input(int(row), transform) for row in prepared.shown])
    return Case(accepted, prepared, network, others, own, seed)


def perturbations(case: Case) -> Iterator[tuple[str, Perturbed]]:
    """Perturb the images in each way.

    Parameters
    ----------
    case : Case
        Artefact and images.

    Yields
    ------
    tuple of str and Perturbed
        Name and images; the removals only where two images of the artefact are known, and no removal of
        what cannot be taken out.

    Raises
    ------
    InputError
        There are fewer than two images of other classes, or images and artefact differ in shape.

    """
    artefact, seed = case.prepared.artefact, case.seed
    inserted, masks = artefact.insert(case.others), artefact.masks(len(case.others))
    yield "insertion", Perturbed(case.others, inserted, masks)
    yield "control", Perturbed(case.others, *patched(artefact, case.others, seed))
    if isinstance(artefact, WholeChange) and not artefact.reversible:
        return
    restores = isinstance(artefact, WholeChange) and artefact.restore is not None
    yield "painted_out", Perturbed(case.others, removed(artefact, inserted, masks), masks)
    if restores:
        yield (
            "removal_control",
            Perturbed(case.others, removed(artefact, case.others, masks), masks),
        )
    if len(case.own) < 2:
        return
    own, masks = case.own, case.prepared.masks
    yield "removal", Perturbed(own, removed(artefact, own, masks), masks)
    if restores:
        return
    patch, elsewhere = patched(artefact, own, seed)
    spoilt = patch if artefact.adds else inpainted(own, elsewhere)
    yield "removal_control", Perturbed(own, spoilt, elsewhere)


def measure(case: Case, *, samples: int = 4) -> tuple[pd.DataFrame, Samples]:
    """Measure how the network responds to each perturbation.

    Parameters
    ----------
    case : Case
        Artefact, network and images.
    samples : int
        Images of each perturbation that are kept for pictures.

    Returns
    -------
    table : DataFrame
        One row a perturbation, columns `COLUMNS`: means over the images with bootstrap intervals of
        95 %, positive where the artefact's class rises (the sign of the paper's table 3); ``area`` is
        the fraction of an image that is perturbed.
    samples : Samples
        For pictures.

    Raises
    ------
    InputError
        The images cannot be perturbed (see `perturbations`), or the composite is unknown.

    """
    rows: list[dict[str, Any]] = []
    kept: list[Samples] = []
    module, index = case.network.module, case.prepared.index
    bar = tqdm(
        perturbations(case), desc="accepted_response", unit="perturbation", delay=5, mininterval=5
    )
    before: dict[int, NDArray[np.float32]] = {}  # the same images are perturbed in several ways
    for name, perturbed in bar:
        key = id(perturbed.before)
        if key not in before:
            before[key] = predict(module, perturbed.before)
        change = changed(before[key], predict(module, perturbed.after), index)
        rows.append(
            {
                **{"perturbation": name, "images": len(perturbed.before)},
                "area": float(perturbed.masks.mean()),
                **_mean("rank", change.rank.astype(np.float64)),
                **_mean("probability", change.probability),
            }
        )
        if name in SHOWN:
            kept.append(_samples(case, name, perturbed, samples))
    table = pd.DataFrame(rows).assign(**case.accepted.columns()).reindex(columns=COLUMNS)
    return table, _joined(kept)


def describe(table: pd.DataFrame) -> str:
    """Describe the response to each perturbation in a line.

    Parameters
    ----------
    table : DataFrame
        Of `measure`.

    Returns
    -------
    str

    """
    return "\n".join(
        f"accepted_response: {row['perturbation']}: rank {row['rank_change']:+.2f} "
        f"({row['rank_low']:.2f} to {row['rank_high']:.2f}), probability "
        f"{100 * row['probability_change']:+.2f} points, {row['images']} images"
        for row in table.to_dict("records")
    )


def _mean(name: str, values: NDArray[np.float64]) -> dict[str, float]:
    low, high = interval(values)
    return {f"{name}_change": float(values.mean()), f"{name}_low": low, f"{name}_high": high}


def _samples(case: Case, name: str, perturbed: Perturbed, most: int) -> Samples:
    """Some images, evenly spread over all."""
    chosen = sampling.evenly(len(perturbed.before), most)
    count = len(chosen)
    index = case.prepared.index
    pictures, heatmaps, logits = [], [], []
    with Explainer(case.network, case.accepted.composite) as explain:
        for images in (perturbed.before[chosen], perturbed.after[chosen]):
            transform = case.network.transform
            pictures.append(np.stack([as_picture(one, "fixed", transform) for one in images]))
            heatmaps.append(explain(images, np.full(count, index)).heatmap)
            logits.append(predict(case.network.module, images))
    return Samples(
        [name] * count,
        np.stack(pictures, axis=1),
        np.stack(heatmaps, axis=1),
        np.stack([probability(one, index) for one in logits], axis=1),
        np.stack([rank_of(one, index) for one in logits], axis=1),
    )


def _joined(parts: list[Samples]) -> Samples:
    names = [name for part in parts for name in part.perturbations]
    own = [part.arrays() for part in parts]
    return Samples(names, **{key: np.concatenate([one[key] for one in own]) for key in own[0]})
