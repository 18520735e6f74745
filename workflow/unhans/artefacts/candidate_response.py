"""Insertion: how a network answers when what a finding's images share is put into other images."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans.artefacts import prepared_artefact
from unhans.artefacts.artefact import Artefact
from unhans.artefacts.perturbation import patched
from unhans.artefacts.response import changed
from unhans.bootstrap import interval
from unhans.images import sampling
from unhans.io import store
from unhans.networks.inference import predict
from unhans.networks.registry import Network
from unhans.types import Array

COLUMNS = [
    *("class", "images", "pixels", "consistency", "rank_change", "probability_change"),
    *("probability_low", "probability_high", "control_rank_change", "control_probability_change"),
    "kind",
]


class Sources(NamedTuple):
    """Results of every class, by stage."""

    corpus: Mapping[str, str]
    attribution: Mapping[str, str]
    group_search: Mapping[str, str]

    @classmethod
    def of(cls, **stages: Iterable[str]) -> "Sources":
        """Sort paths by class."""
        return cls(**{stage: store.by_class(paths) for stage, paths in stages.items()})

    def origins(self, classes: Iterable[str]) -> dict[str, store.Result]:
        """Group searches of some classes without their arrays: what their artefacts come from."""
        return {
            f"group_search of {name}": store.read(self.group_search[name], []) for name in classes
        }


def tabulate(
    flagged: Mapping[str, str],
    sources: Sources,
    network: Network,
    root: Path | None,
    settings: Mapping[str, Any],
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Insert what each flagged group shares into images of other classes.

    The control puts in, at the same pixels, what an image of the flagged class has there that is not of
    the group: an effect of the control is that of a cut-out of the class, or of damage. That of what
    is added to images is another image's contrast of the same strength.

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
    artefacts: list[Artefact] = []
    bar = tqdm(flagged.items(), desc="insertion", unit="class", delay=5, mininterval=5)
    for class_id, sign in bar:
        in_group = prepared_artefact.of_group(sources.group_search[class_id], sign)
        paths = sources.corpus[class_id], sources.attribution[class_id]
        group = prepared_artefact.Group(*paths, in_group, root, network.transform, settings["seed"])
        found = prepared_artefact.suggest(sign, group)
        others = sampling.others(
            class_id,
            store.classes(sources.corpus.values()),
            root,
            network.transform,
            settings["images"],
            settings["seed"],
        )
        altered = found.insert(others), _control(found, group, others, settings["seed"])
        rows.append(
            {
                "class": class_id,
                "images": len(others),
                "pixels": int(found.mask.sum()),
                "consistency": found.consistency,
                "kind": found.kind,
                **_row(network.module, others, *altered, group.index),
            }
        )
        artefacts.append(found)
    if not artefacts:
        return pd.DataFrame(columns=COLUMNS), {}
    return pd.DataFrame(rows, columns=COLUMNS), {
        "mask": np.stack([found.mask for found in artefacts]),
        "template": np.stack([found.template for found in artefacts]),
    }


def _control(
    found: Artefact, group: prepared_artefact.Group, others: NDArray[np.float32], seed: int
) -> NDArray[np.float32]:
    if found.adds:
        return patched(found, others, seed)[0]
    random = np.random.default_rng(seed)
    plain = group.beside[random.integers(len(group.beside), size=len(others))]
    return np.where(found.masks(len(others))[:, None], plain, others)


def _row(
    model: nn.Module,
    images: NDArray[np.float32],
    altered: NDArray[np.float32],
    control: NDArray[np.float32],
    target: int,
) -> dict[str, float]:
    before = predict(model, images)
    found, plain = (changed(before, predict(model, other), target) for other in (altered, control))
    low, high = interval(found.probability)
    return {
        "rank_change": float(found.rank.mean()),
        "probability_change": float(found.probability.mean()),
        "probability_low": low,
        "probability_high": high,
        "control_rank_change": float(plain.rank.mean()),
        "control_probability_change": float(plain.probability.mean()),
    }
