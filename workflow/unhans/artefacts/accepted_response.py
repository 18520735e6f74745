"""Effect: how a network answers when an accepted artefact is put into images, and when it is taken out.

==================  ================================================================================
insertion           the artefact put into images of other classes (table 3 of the paper)
control             a random patch of its size put into the same images
painted_out         the artefact put into them and taken out again: what taking it out leaves
removal             the artefact taken out of images of its class that bear it (table 4)
removal_control     the same images, as much painted over at random places
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

from unhans.artefacts.artefact import Mask
from unhans.artefacts.perturbation import inpainted, patched, removed
from unhans.artefacts.prepared_artefact import Stencil, as_picture
from unhans.artefacts.response import changed
from unhans.attribution.explainer import Explainer
from unhans.bootstrap import interval
from unhans.images import sampling
from unhans.images.dataset import ClassDataset
from unhans.io import store
from unhans.networks.inference import predict, probability, rank_of
from unhans.networks.registry import Network

COLUMNS = [
    *("corpus", "model", "composite", "artefact", "class", "alteration", "images", "area"),
    *("rank_change", "rank_low", "rank_high"),
    *("probability_change", "probability_low", "probability_high"),
]

SHOWN = ("insertion", "control", "removal")
"""Alterations that pictures are drawn of."""


@dataclass(frozen=True, eq=False)
class Case:
    """An artefact, and images that it is put into and taken out of."""

    network: Network
    stencil: Stencil
    others: NDArray[np.float32]
    """(n, c, h, w) of other classes"""
    own: NDArray[np.float32]
    """(s, c, h, w) of its class, that bear it; (0, c, h, w) where none are known"""
    composite: str
    settings: Mapping[str, Any]


class Altered(NamedTuple):
    """Images before and after an alteration."""

    before: NDArray[np.float32]
    """(n, c, h, w)"""
    after: NDArray[np.float32]
    masks: Mask
    """(n, h, w) pixels that may have changed"""


@dataclass(frozen=True, eq=False)
class Sample:
    """An image before and after an alteration, and what the network looks at in it for one class."""

    alteration: str
    pictures: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    """each (h, w) or (h, w, 3)"""
    heatmaps: tuple[NDArray[np.float32], NDArray[np.float32]]
    """each (h, w), with respect to the artefact's class"""
    probability: tuple[float, float]
    rank: tuple[int, int]


def case(
    settings: Mapping[str, Any],
    corpora: Mapping[str, str],
    stencil: Stencil,
    network: Network,
    root: Path | None,
) -> Case:
    """Read the images that an artefact is put into and taken out of.

    Parameters
    ----------
    settings : ``images`` (of other classes, at most), ``samples``, ``seed``, and the row ``accepted``
    corpora : results of the stage corpus, by class
    stencil : the artefact
    network : that explains the corpus
    root : folder of the image files; None for digits

    """
    row = settings["accepted"]
    others = sampling.others(
        row["class_id"],
        store.classes(corpora.values()),
        root,
        network.transform,
        settings["images"],
        settings["seed"],
    )
    own = others[:0]
    if len(stencil.shown):
        members = ClassDataset(store.read(corpora[row["class_id"]]), root)
        own = np.stack([members.input(int(at), network.transform) for at in stencil.shown])
    return Case(network, stencil, others, own, row["composite"], settings)


def alterations(case: Case) -> Iterator[tuple[str, Altered]]:
    """Alter the images in each way, by name; the last two where the artefact's images are known."""
    artefact, seed = case.stencil.artefact, case.settings["seed"]
    inserted, masks = artefact.insert(case.others), artefact.masks(len(case.others))
    yield "insertion", Altered(case.others, inserted, masks)
    yield "control", Altered(case.others, *patched(artefact, case.others, seed))
    yield "painted_out", Altered(case.others, removed(artefact, inserted, masks), masks)
    if len(case.own) < 2:
        return
    own = case.own
    yield "removal", Altered(own, removed(artefact, own, case.stencil.masks), case.stencil.masks)
    patch, elsewhere = patched(artefact, own, seed)
    spoilt = patch if artefact.adds else inpainted(own, elsewhere)
    yield "removal_control", Altered(own, spoilt, elsewhere)


def measure(case: Case) -> tuple[pd.DataFrame, list[Sample]]:
    """Measure how the network answers to each alteration.

    Returns
    -------
    one row an alteration, columns `COLUMNS`: means over the images with bootstrap intervals of 95 %,
    positive where the artefact's class rises (the sign of the paper's table 3), ``area`` the share of
    an image that is altered; and samples to draw

    """
    rows: list[dict[str, Any]] = []
    samples: list[Sample] = []
    module, index = case.network.module, case.stencil.index
    bar = tqdm(alterations(case), desc="effect", unit="alteration", delay=5, mininterval=5)
    before: dict[int, NDArray[np.float32]] = {}  # images are altered in several ways
    for name, altered in bar:
        key = id(altered.before)
        if key not in before:
            before[key] = predict(module, altered.before)
        change = changed(before[key], predict(module, altered.after), index)
        rows.append(
            {
                **{"alteration": name, "images": len(altered.before)},
                "area": float(altered.masks.mean()),
                **_mean("rank", change.rank.astype(np.float64)),
                **_mean("probability", change.probability),
            }
        )
        if name in SHOWN:
            samples += _samples(case, name, altered)
    accepted = case.settings["accepted"]
    named = {name: accepted[name] for name in ("corpus", "model", "composite", "artefact")}
    named["class"] = accepted["class_id"]
    return pd.DataFrame(rows).assign(**named).reindex(columns=COLUMNS), samples


def in_words(table: pd.DataFrame) -> str:
    """Say in a line an alteration what became of the class."""
    return "\n".join(
        f"effect: {row['alteration']}: rank {row['rank_change']:+.2f} ({row['rank_low']:.2f} to "
        f"{row['rank_high']:.2f}), probability {100 * row['probability_change']:+.2f} points, "
        f"{row['images']} images"
        for row in table.to_dict("records")
    )


def _mean(name: str, values: NDArray[np.float64]) -> dict[str, float]:
    low, high = interval(values)
    return {f"{name}_change": float(values.mean()), f"{name}_low": low, f"{name}_high": high}


def _samples(case: Case, name: str, altered: Altered) -> list[Sample]:
    """Some images, spread evenly over all."""
    count = min(case.settings["samples"], len(altered.before))
    chosen = ((np.arange(count) + 0.5) * len(altered.before) / max(count, 1)).astype(int)
    pairs = altered.before[chosen], altered.after[chosen]
    index = case.stencil.index
    heatmaps, logits = [], []
    with Explainer(case.network, case.composite) as explain:
        for images in pairs:
            heatmaps.append(explain(images, np.full(count, index)).heatmap)
            logits.append(predict(case.network.module, images))
    said = [probability(one, index) for one in logits], [rank_of(one, index) for one in logits]
    return [
        Sample(
            name,
            _both(as_picture(images[at], "fixed", case.network.transform) for images in pairs),
            _both(maps[at] for maps in heatmaps),
            _both(float(one[at]) for one in said[0]),
            _both(int(one[at]) for one in said[1]),
        )
        for at in range(count)
    ]


def _both(pair: Any) -> Any:
    before, after = pair
    return before, after
