"""Insertion: how a network answers when what a finding's images share is put into other images."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans import artefact, store
from unhans.ablation import response
from unhans.bootstrap import interval
from unhans.corpus import Members
from unhans.errors import InputError
from unhans.network import Network
from unhans.transform import Transform
from unhans.types import Array

COLUMNS = [
    *("class", "images", "pixels", "consistency", "rank_change", "probability_change"),
    *("probability_low", "probability_high", "control_rank_change", "control_probability_change"),
]

SHOWN = 100
"""Images of a group, and of the others, that an artefact is isolated from at most."""


class Sources(NamedTuple):
    """Results of every class, by stage."""

    corpus: Mapping[str, str]
    attribution: Mapping[str, str]
    contrast: Mapping[str, str]

    @classmethod
    def of(cls, **stages: Iterable[str]) -> "Sources":
        """Sort paths by class."""
        return cls(**{stage: store.by_class(paths) for stage, paths in stages.items()})

    def origins(self, classes: Iterable[str]) -> dict[str, store.Result]:
        """Contrasts of some classes without their arrays: what their artefacts come from."""
        return {f"contrast of {name}": store.read(self.contrast[name], []) for name in classes}


def tabulate(
    flagged: Mapping[str, str],
    sources: Sources,
    network: Network,
    root: Path | None,
    settings: Mapping[str, Any],
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Insert what each flagged group shares into images of other classes.

    The control puts in, at the same pixels, what an image of the flagged class has there that is not of
    the group: an effect of the control is that of a cut-out of the class, or of damage.

    Parameters
    ----------
    flagged : classes that hold a flagged group, and by which sign; see `findings.groups`
    sources : results of every class
    network : that explains the corpus
    root : folder of the image files; None for digits
    settings : ``images`` (how many at most) and ``seed``

    Returns
    -------
    one row a flagged group, columns `COLUMNS` (means over the images, with a bootstrap interval of 95 %;
    a positive change of rank is a rise); ``mask`` (g, h, w) and ``template`` (g, c, h, w), in their
    order

    """
    rows: list[dict[str, Any]] = []
    artefacts: list[artefact.Artefact] = []
    bar = tqdm(flagged.items(), desc="insertion", unit="class", delay=5, mininterval=5)
    for class_id, sign in bar:
        own = _Class(class_id, sign, sources, root, network.transform, settings["seed"])
        found, plain = own.artefact()
        others = _others(class_id, sources, root, network.transform, settings)
        random = np.random.default_rng(settings["seed"])
        control = np.where(found.mask, plain[random.integers(len(plain), size=len(others))], others)
        rows.append(
            {
                "class": class_id,
                "images": len(others),
                "pixels": int(found.mask.sum()),
                "consistency": found.consistency,
                **_row(network.module, others, found.insert(others), control, own.index),
            }
        )
        artefacts.append(found)
    if not artefacts:
        return pd.DataFrame(columns=COLUMNS), {}
    return pd.DataFrame(rows, columns=COLUMNS), {
        "mask": np.stack([found.mask for found in artefacts]),
        "template": np.stack([found.template for found in artefacts]),
    }


class _Class:
    """The images of a flagged class, some of its group and some beside it."""

    def __init__(
        self,
        class_id: str,
        sign: str,
        sources: Sources,
        root: Path | None,
        transform: Transform | None,
        seed: int,
    ) -> None:
        explained = store.read(sources.attribution[class_id], ["heatmap", "image"])
        name = f"{sign}_members"
        in_group = store.read(sources.contrast[class_id], [name])[name][0]
        members = Members(store.read(sources.corpus[class_id]), root)
        self.index = members.index
        random = np.random.default_rng(seed)
        chosen = np.sort(
            np.concatenate(
                [_some(random, np.nonzero(part)[0], SHOWN) for part in (in_group, ~in_group)]
            )
        )
        self._group = in_group[chosen]
        self._heatmaps = explained["heatmap"][chosen]
        self._inputs = np.stack(
            [members.input(int(row), transform) for row in explained["image"][chosen]]
        )

    def artefact(self) -> tuple[artefact.Artefact, NDArray[np.float32]]:
        """What the group shares; and the images beside it."""
        found = artefact.isolate(self._inputs, self._heatmaps, self._group)
        return found, self._inputs[~self._group]


def _others(
    class_id: str,
    sources: Sources,
    root: Path | None,
    transform: Transform | None,
    settings: Mapping[str, Any],
) -> NDArray[np.float32]:
    """Images of the other classes, about as many of each: (n, c, h, w)."""
    random = np.random.default_rng([settings["seed"], 1])
    paths = [path for name, path in sources.corpus.items() if name != class_id]
    most = settings["images"]
    # Of a thousand classes not all are opened.
    chosen = [paths[place] for place in _some(random, np.arange(len(paths)), most)]
    each = -(-most // max(1, len(chosen)))
    images = []
    for path in (path for path in chosen if store.read_attributes(path)["status"] == "ok"):
        members = Members(store.read(path), root)
        images += [(members, int(row)) for row in _some(random, members.readable, each)]
    kept = _some(random, np.arange(len(images)), most)
    if not len(kept):
        raise InputError("insertion: the other classes hold no image to insert anything into")
    return np.stack([members.input(row, transform) for members, row in (images[at] for at in kept)])


def _row(
    model: nn.Module,
    images: NDArray[np.float32],
    altered: NDArray[np.float32],
    control: NDArray[np.float32],
    target: int,
) -> dict[str, float]:
    found, plain = (response(model, images, other, target) for other in (altered, control))
    low, high = interval(found.probability)
    return {
        "rank_change": float(found.rank.mean()),
        "probability_change": float(found.probability.mean()),
        "probability_low": low,
        "probability_high": high,
        "control_rank_change": float(plain.rank.mean()),
        "control_probability_change": float(plain.probability.mean()),
    }


def _some(random: np.random.Generator, rows: NDArray[np.integer], most: int) -> NDArray[np.int64]:
    """At most so many rows, sorted."""
    chosen = rows if len(rows) <= most else random.choice(rows, most, replace=False)
    return np.sort(chosen).astype(np.int64)
