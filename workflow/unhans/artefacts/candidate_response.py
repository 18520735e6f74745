"""Candidate response: how a network responds to what a flagged group shares, put into other images."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

import numpy as np
import pandas as pd
from tqdm import tqdm

from unhans.artefacts import conclusion, positives
from unhans.artefacts.artefact import Artefact
from unhans.artefacts.experiment import Experiment, Laboratory
from unhans.artefacts.pieces import Pieces
from unhans.bootstrap import interval
from unhans.choices import Placement
from unhans.errors import InputError
from unhans.images import sampling
from unhans.images.dataset import ClassDataset
from unhans.io.store import Result
from unhans.networks.registry import Network
from unhans.types import Array

COLUMNS = [
    *("class", "indicator", "side", "kind", "kept", "suggested", "conclusion", "images", "pixels"),
    *("consistency", "rank_change", "probability_change", "probability_low", "probability_high"),
    *("control_rank_change", "control_probability_change"),
    *("difference", "difference_low", "difference_high"),
]

KINDS: Mapping[str, tuple[str, ...]] = {
    "grouped": ("fixed", "free", "pieces"),
    "content": ("fixed", "whole", "appearance", "style"),
    "scattered": ("free", "pieces"),
    "repeated": ("overlay", "fixed"),
    "recurring": ("fixed", "free", "pieces"),
    "channels": ("fixed", "free", "pieces", "whole", "appearance", "style"),
    "window": ("fixed", "free"),
    "rim": ("fixed",),
    "style": ("whole", "appearance", "style"),
}
"""What is looked for in a group, by the indicator that flags it.

Pieces are not put in again where their rise chose the group: `window`, `rim` and `style`.
"""


WHOLE = ("whole", "appearance", "style")
"""Kinds of artefacts that lie all over an image, and are no piece of one."""

STATISTICS = ("appearance", "style")
"""Those that hold no object: a mean of images, which ``whole`` adds, still shows that of the class."""

FEW = 60
"""Most images that groups of classes which are not flagged are tried on: there are many of them."""

OTHERS = 2
"""Images of other classes that an experiment needs at least: a control takes its patch from another."""


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
    two_sided: Collection[tuple[str, str]] = (),
    beside: Collection[tuple[str, str]] = (),
    nearest: Collection[tuple[str, str]] = (),
    images: int = 200,
    seed: int = 0,
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Insert what each flagged group shares into images of other classes.

    Each kind of artefact that the indicator can find (`KINDS`) is tried, beside a control (`experiment`).

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
    two_sided : collection of (str, str)
        Those of the groups whose other images may have the artefact: both sides are tried.
    beside, nearest : collection of (str, str)
        Those of the groups that are not flagged themselves, in classes that are and in others; of the
        latter the kinds `WHOLE` are tried, on at most `FEW` images, and `STATISTICS` speak. Their
        intervals hold for all of their like, so that those of flagged groups are no wider for them.
    images : int
        Most images of other classes that each is put into.
    seed : int
        Of the choice of images, and of random places.

    Returns
    -------
    table : DataFrame
        One row for each experiment, columns `COLUMNS`; none where fewer than `OTHERS` images can be
        changed. Means over the images, with a bootstrap interval of 95 %; a rank that rises changes by
        a positive number. Last the difference from the control, with an interval for all rows; see
        `conclusion`. Of the ``suggested`` row mask and template are given; ``kept`` speaks for all.
    artefacts : dict of str to ndarray
        ``mask`` (g, h, w) and ``template`` (g, c, h, w), of the groups `suggested`.

    Raises
    ------
    InputError
        The network takes no images of this corpus.
    StoreError
        An image file has changed since the manifest was made.
    KeyError
        A flagged class has no result among the sources.

    """
    drawn = _Drawn(sources, network, root, images, seed)
    found = list(_experiments(flagged, drawn, two_sided, nearest))
    return _table(flagged, found, [_Family(key in nearest, key in beside) for key in flagged])


def suggested(table: pd.DataFrame) -> list[tuple[str, str]]:
    """List the groups that the arrays of `tabulate` hold an artefact of.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.

    Returns
    -------
    list of (str, str)
        Class and indicator of each mask and template, in their order.

    """
    rows = table[table["suggested"].astype(bool)]
    return list(zip(rows["class"].astype(str), rows["indicator"], strict=True))


class _Family(NamedTuple):
    """Groups whose experiments have intervals that hold for all of them at once."""

    of_nearest: bool
    is_beside: bool


class _Made(NamedTuple):
    """An experiment, and the pixels of what was put into an image, None where it is no part of it."""

    experiment: Experiment
    pixels: int | None


class _Drawn(NamedTuple):
    """What experiments are made with; see `tabulate`."""

    sources: Sources
    network: Network
    root: Path | None
    images: int
    seed: int

    def group(self, class_id: str, indicator: str) -> positives.Group:
        """Give a flagged group of a class."""
        return positives.Group(
            ClassDataset(self.sources.corpus[class_id], self.root),
            self.sources.attribution[class_id],
            positives.of_group(self.sources.group_search[class_id], indicator),
            transform=self.network.transform,
            seed=self.seed,
        )

    def laboratory(self, class_id: str, index: int, most: int) -> Laboratory | None:
        """Draw images of other classes than one, whose logit has an index; None without `OTHERS`."""
        transform = self.network.transform
        try:
            others = sampling.others(
                class_id, self.sources.corpus, self.root, transform, most, self.seed
            )
        except InputError:  # there is none
            return None
        if len(others) < OTHERS:
            return None
        return Laboratory(self.network.module, others, index, self.seed)


def _experiments(
    flagged: Sequence[tuple[str, str]],
    drawn: _Drawn,
    two_sided: Collection[tuple[str, str]],
    nearest: Collection[tuple[str, str]],
) -> Iterator[list[_Made]]:
    """Make the experiments on each group, none without other images; those of one class share these."""
    laboratories: dict[str, Laboratory | None] = {}
    bar = tqdm(flagged, desc="candidate_response", unit="group", delay=5, mininterval=5)
    for class_id, indicator in bar:
        group = drawn.group(class_id, indicator)
        if class_id not in laboratories:
            # Of one class at a time: inputs are large.
            few = (class_id, indicator) in nearest
            most = min(FEW, drawn.images) if few else drawn.images
            laboratories = {class_id: drawn.laboratory(class_id, group.index, most)}
        made = laboratories[class_id]
        if made is None:
            yield []
            continue
        sides = {"group": group}
        if (class_id, indicator) in two_sided:
            sides["others"] = group.reversed()
        yield [
            _kept(made(side, kind, own))
            for side, own in sides.items()
            for kind in KINDS[indicator]
            if kind in WHOLE or (class_id, indicator) not in nearest
        ]


def _table(
    flagged: Sequence[tuple[str, str]],
    found: Sequence[Sequence[_Made]],
    families: Sequence[_Family],
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Judge all experiments, and choose one of each group for its conclusion and one to suggest.

    Intervals hold for all experiments of a family at once.
    """
    count: Counter[_Family] = Counter()
    for family, tried in zip(families, found, strict=True):
        count[family] += len(tried)
    rows: list[dict[str, Any]] = []
    chosen: list[Artefact] = []
    for (class_id, indicator), tried, family in zip(flagged, found, families, strict=True):
        same = {"class": class_id, "indicator": indicator}
        own = [{**same, **_row(one, count[family])} for one in tried]
        kept = conclusion.of_group(own, STATISTICS if family.of_nearest else None)
        one_side = [row if row["side"] == "group" else {**row, "kind": ""} for row in own]
        suggested = conclusion.of_group(one_side, get_args(Placement))
        if family.of_nearest and (kept is None or own[kept]["conclusion"] != conclusion.USED):
            suggested = None  # it is no finding
        for at, row in enumerate(own):
            row |= {"kept": at == kept, "suggested": at == suggested}
        rows += own
        if suggested is not None:
            chosen.append(cast("Artefact", tried[suggested].experiment.found))
    arrays = {name: [getattr(one, name) for one in chosen] for name in ("mask", "template")}
    stacked = {name: np.stack(each) for name, each in arrays.items() if each}
    return pd.DataFrame(rows, columns=COLUMNS), stacked


def _kept(one: Experiment) -> _Made:
    """Keep of an experiment what its row says, and an artefact.

    Pieces hold all images of their group: those of many groups would fill the memory.
    """
    if isinstance(one.found, Pieces):
        pixels = int(np.median(one.found.masks.sum(axis=(1, 2))))
        masks, images = one.found.masks[:0].copy(), one.found.images[:0].copy()
        return _Made(one._replace(found=replace(one.found, masks=masks, images=images)), pixels)
    return _Made(one, int(one.found.mask.sum()) if isinstance(one.found, Artefact) else None)


def _row(made: _Made, count: int) -> dict[str, Any]:
    """Describe an experiment, one of several, for the table."""
    one = made.experiment
    change, control = one.change.probability, one.control.probability
    low, high = interval(change)
    apart = conclusion.difference(change, control, count)
    return {
        "side": one.side,
        "kind": one.kind,
        "isolated": one.isolated,
        "conclusion": conclusion.judge(apart, float(change.mean()), one.isolated),
        "images": len(change),
        "pixels": made.pixels,
        "consistency": one.found.consistency,
        "rank_change": float(one.change.rank.mean()),
        "probability_change": float(change.mean()),
        "probability_low": low,
        "probability_high": high,
        "control_rank_change": float(one.control.rank.mean()),
        "control_probability_change": float(control.mean()),
        **{
            f"difference{end}": value
            for end, value in zip(("", "_low", "_high"), apart, strict=True)
        },
    }
