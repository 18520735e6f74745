"""Un-Hansing: a network trained on with an artefact in all images, and beside it one without.

Subset A holds training images of the artefact's class and of some others as they are, subset B the same
images, all of them with the artefact, so that it tells nothing any more. Both start from the same weights
and are judged after some of their epochs: Anders et al. 2019 (arXiv:1912.11425v1), table 2 and figures 9,
10 and 12 to 14.
"""

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans.artefacts.response import changed
from unhans.attribution.explainer import attribute
from unhans.bootstrap import interval
from unhans.correction.data import Images
from unhans.correction.evaluation import relevance, right
from unhans.correction.methods import Case
from unhans.networks.inference import predict, probability
from unhans.networks.training import fit
from unhans.types import Array, Heatmaps

COLUMNS = [
    *("corpus", "model", "composite", "artefact", "class", "subset", "epoch"),
    *("accuracy_clean", "accuracy_attacked", "response", "response_low", "response_high"),
    *("rank_change", "relevance", "relevance_own", "relevance_total", "images", "seconds"),
]

SUBSETS = ("A", "B")
"""Training images as they are, and the same with the artefact in all of them."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Held-out images with the artefact, the same at each look; those of its class come first."""

    inputs: NDArray[np.float32]
    """(n, c, h, w) as the network takes them"""
    pictures: Array
    """(n, h, w) or (n, h, w, 3) as people see them, from 0 to 1"""
    label: NDArray[np.int64]
    """(n,) index of the class that each is of"""
    target: int
    """index of the artefact's class, which is explained"""
    area: float
    """share of an image's pixels that lie in the artefact's mask"""


@dataclass(frozen=True, eq=False)
class Look:
    """What a network looks at in the samples after an epoch on a subset, for the artefact's class."""

    subset: str
    epoch: int
    heatmap: Heatmaps
    """(n, h, w)"""
    probability: NDArray[np.float64]
    """(n,) of the artefact's class"""


def tabulate(
    case: Case, settings: Mapping[str, Any]
) -> tuple[pd.DataFrame, Samples, tuple[Look, ...]]:
    """Train a network on subset A and on subset B, and judge it on the way.

    The output layer stays: logits of all classes are kept, though images of some are shown.

    Parameters
    ----------
    case : artefact, network and images; its network stays as it is
    settings : ``reported`` (epochs, the last is the length of training), ``batch_size``,
        ``learning_rate``, ``samples``, ``seed`` and the row ``accepted``

    Returns
    -------
    one row a subset and epoch, 0 for the network as it was, columns `COLUMNS` (see `Judge.row`; seconds
    of training alone); images to show; and what was looked at in them, one a row of the table

    """
    judge = Judge(case, settings["samples"])
    before = judge.row(case.network.module), judge.look(case.network.module, "", 0)
    rows: list[dict[str, Any]] = []
    looks: list[Look] = []
    for subset in tqdm(SUBSETS, desc="unhansing", unit="subset", delay=5, mininterval=5):
        first = before[0] | {"seconds": 0.0}, replace(before[1], subset=subset)
        for row, look in (first, *_followed(case, judge, subset, settings)):
            rows.append({"subset": subset, "epoch": look.epoch, **row})
            looks.append(look)
    accepted = settings["accepted"]
    named = {name: accepted[name] for name in ("corpus", "model", "composite", "artefact")}
    table = pd.DataFrame(rows).assign(**named, **{"class": accepted["class_id"]})
    return table.reindex(columns=COLUMNS), judge.samples, tuple(looks)


def in_words(table: pd.DataFrame) -> str:
    """Say in a line a subset what became of response, relevance and accuracy."""
    lines = []
    for subset, part in table.groupby("subset"):
        first, last = part.iloc[0], part.iloc[-1]
        lines.append(
            f"unhansing: {subset}: response {100 * first['response']:+.1f} to "
            f"{100 * last['response']:+.1f} points in {last['epoch']} epochs, relevance in the mask "
            f"{first['relevance']:.1%} to {last['relevance']:.1%}, accuracy "
            f"{first['accuracy_clean']:.1%} to {last['accuracy_clean']:.1%}, with the artefact "
            f"{first['accuracy_attacked']:.1%} to {last['accuracy_attacked']:.1%}"
        )
    return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class Judge:
    """Held-out images that a network is judged by, each without the artefact and with it."""

    case: Case
    count: int
    """of the samples"""

    def row(self, module: nn.Module) -> dict[str, float]:
        """Judge a network.

        Returns
        -------
        ``accuracy_clean`` of held-out images of all classes that are not known to bear the artefact,
        ``accuracy_attacked`` of the same with it; of those of other classes ``response`` (mean change of
        the probability of its class when it is put in, with an interval of 95 %), ``rank_change`` and
        ``relevance`` (share of the positive relevance for its class that lies in the mask);
        ``relevance_own``, the same of images of its own class; ``relevance_total`` (of images of other
        classes, all relevance in the mask, in units of the logit); ``images`` held out

        """
        case, target = self.case, self.case.material.target
        before, after = predict(module, self._plain.inputs), predict(module, self._attacked)
        change = changed(before[self._foreign], after[self._foreign], target)
        low, high = interval(change.probability)
        network = replace(case.network, module=module)
        masks = case.artefact.masks
        own, other = (
            relevance(network, case.composite, shown, target, inside)
            for shown, inside in (
                (self._own, masks(len(self._own))),
                (self._attacked[self._foreign], masks(len(self._plain))[self._foreign]),
            )
        )
        return {
            "accuracy_clean": right(before, self._plain.label),
            "accuracy_attacked": right(after, self._plain.label),
            "response": float(change.probability.mean()),
            "response_low": low,
            "response_high": high,
            "rank_change": float(change.rank.mean()),
            "relevance": other.share,
            "relevance_own": own.share,
            "relevance_total": other.total,
            "images": len(self._plain),
        }

    def look(self, module: nn.Module, subset: str, epoch: int) -> Look:
        """Explain the samples."""
        inputs, target = self.samples.inputs, self.samples.target
        network = replace(self.case.network, module=module)
        found = attribute(network, inputs, np.full(len(inputs), target), self.case.composite)
        return Look(subset, epoch, found, probability(predict(module, inputs), target))

    @cached_property
    def samples(self) -> Samples:
        """Half of them of the artefact's class: those that bear it by themselves, if there are any."""
        material, artefact = self.case.material, self.case.artefact
        held_out, target = material.held_out, material.target
        bearing = held_out.only(held_out.marked)
        own = bearing.inputs if len(bearing) else self._own
        own = own[_spread(len(own), self.count - self.count // 2)]
        others = _spread(len(material.foreign), self.count // 2)
        inputs = np.concatenate([own, artefact.insert(material.foreign.inputs[others])])
        label = np.concatenate([np.full(len(own), target), material.foreign.label[others]])
        transform = self.case.network.transform
        low, high = (
            (np.zeros(1), np.ones(1)) if transform is None else (transform.low, transform.high)
        )
        planes = (inputs - low[:, None, None]) / (high - low)[:, None, None]
        pictures = planes[:, 0] if planes.shape[1] == 1 else planes.transpose(0, 2, 3, 1)
        return Samples(inputs, np.clip(pictures, 0, 1), label, target, float(artefact.mask.mean()))

    @cached_property
    def _plain(self) -> Images:
        held_out = self.case.material.held_out
        return held_out.only(~held_out.marked)

    @cached_property
    def _foreign(self) -> NDArray[np.bool_]:
        return np.asarray(self._plain.label != self.case.material.target)

    @cached_property
    def _attacked(self) -> NDArray[np.float32]:
        return self.case.artefact.insert(self._plain.inputs)

    @cached_property
    def _own(self) -> NDArray[np.float32]:
        held_out = self.case.material.held_out
        own = held_out.inputs[held_out.label == self.case.material.target]
        return self.case.artefact.insert(own)


def _followed(
    case: Case, judge: Judge, subset: str, settings: Mapping[str, Any]
) -> list[tuple[dict[str, float], Look]]:
    """Train a copy of the network on a subset; it is judged after each reported epoch."""
    training, reported = case.material.training, settings["reported"]
    inputs = training.inputs if subset == "A" else case.artefact.insert(training.inputs)
    module = copy.deepcopy(case.network.module)
    found: list[tuple[dict[str, float], Look]] = []
    began, judging = time.perf_counter(), 0.0

    def note(epoch: int, _: float) -> None:
        nonlocal judging
        if epoch not in reported:
            return
        now = time.perf_counter()
        # A copy: an explanation merges layers for its time, which training must not see.
        own = copy.deepcopy(module).eval()
        row = judge.row(own) | {"seconds": now - began - judging}
        found.append((row, judge.look(own, subset, epoch)))
        judging += time.perf_counter() - now

    fit(
        module,
        inputs,
        training.label,
        epochs=max(reported),
        batch_size=settings["batch_size"],
        learning_rate=settings["learning_rate"],
        seed=settings["seed"],
        keep_statistics=True,
        after_epoch=note,
    )
    return found


def _spread(n: int, count: int) -> NDArray[np.int64]:
    """At most ``count`` of n places, evenly spread over them."""
    count = min(count, n)
    return ((np.arange(count) + 0.5) * n / max(count, 1)).astype(np.int64)
