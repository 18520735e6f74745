"""Un-Hansing: a network trained on with an artefact in all images, and beside it one without.

Subset A holds training images of the artefact's class and of some others as they are. Subset B holds the
same images, all of them with the artefact, so that it carries no information; a free one at a new place
in each image of each batch. Both start from the same
weights and are evaluated after some of their epochs. Where a denoiser takes the artefact out, subset R
holds the same images, all of them restored: Anders et al. 2019 (arXiv:1912.11425v1), table 2 and
figures 9, 10 and 12 to 14.
"""

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans.artefacts import relevance_sign
from unhans.artefacts.response import changed
from unhans.attribution.explainer import attribute
from unhans.bootstrap import interval
from unhans.correction.case import Case
from unhans.correction.evaluation import accuracy, accuracy_of, relevance
from unhans.correction.snapshots import Samples, Snapshot
from unhans.correction.subsets import inputs_of, subsets_of
from unhans.images.sampling import evenly
from unhans.networks.inference import predict, probability
from unhans.networks.training import Schedule, fit

COLUMNS = [
    *("corpus", "model", "composite", "artefact", "class", "subset", "epoch"),
    *("accuracy_clean", "accuracy_attacked", "response", "response_low", "response_high"),
    *("rank_change", "relevance", "relevance_own", "relevance_total", "relevance_balance"),
    *("accuracy_own", "images", "images_own", "seconds"),
]


@dataclass(frozen=True)
class Settings:
    """How networks are trained on and evaluated; see the section ``unhansing``.

    Parameters
    ----------
    reported : sequence of int
        Epochs after which the network is evaluated, ascending; the last is the length of training.
        The network as it was (0) is evaluated in any case.
    classes : int
        Number of classes, that of the artefact included.
    images : int
        Most images of a class and split.
    batch_size : int
        Images a step.
    learning_rate : float
        Highest rate of the one-cycle schedule.
    samples : int
        Images that the figure shows, half of them of the artefact's class.
    seed : int
        Of classes, images and their order.

    """

    reported: Sequence[int] = (0, 1, 5, 10)
    classes: int = 5
    images: int = 500
    batch_size: int = 50
    learning_rate: float = 0.001
    samples: int = 6
    seed: int = 0


def tabulate(case: Case, settings: Settings) -> tuple[pd.DataFrame, Samples, tuple[Snapshot, ...]]:
    """Train a network on each subset, and evaluate it on the way.

    The output layer stays: the network keeps the logits of all classes, though it is trained with
    images of some.

    Parameters
    ----------
    case : Case
        Artefact, network and images; its network stays as it is.
    settings : Settings
        Epochs and training.

    Returns
    -------
    table : DataFrame
        One row a subset and epoch, 0 for the network as it was, columns `COLUMNS`; see
        `Evaluator.row`. ``seconds`` are those of training alone.
    samples : Samples
        Images to show.
    snapshots : tuple of Snapshot
        One a row of the table.

    """
    evaluator = Evaluator(case, settings.samples)
    module = case.network.module
    before = evaluator.row(module), evaluator.snapshot(module, "", 0)
    rows: list[dict[str, Any]] = []
    snapshots: list[Snapshot] = []
    for subset in tqdm(
        subsets_of(case.artefact), desc="unhansing", unit="subset", delay=5, mininterval=5
    ):
        first = before[0] | {"seconds": 0.0}, replace(before[1], subset=subset)
        for row, snapshot in (first, *_followed(evaluator, subset, settings)):
            rows.append({"subset": subset, "epoch": snapshot.epoch, **row})
            snapshots.append(snapshot)
    table = pd.DataFrame(rows).assign(**case.accepted.columns()).reindex(columns=COLUMNS)
    return table, evaluator.samples, tuple(snapshots)


def describe(table: pd.DataFrame) -> str:
    """Describe how response, relevance and accuracy change in a line a subset.

    Parameters
    ----------
    table : DataFrame
        Of `tabulate`.

    Returns
    -------
    str

    """
    lines = []
    for subset, part in table.groupby("subset"):
        first, last = part.iloc[0], part.iloc[-1]
        lines.append(
            f"unhansing: {subset}: response {100 * first['response']:+.1f} to "
            f"{100 * last['response']:+.1f} points in {last['epoch']} epochs, {_looked(first, last)}"
            f"accuracy {first['accuracy_clean']:.1%} to {last['accuracy_clean']:.1%}, with the artefact "
            f"{first['accuracy_attacked']:.1%} to {last['accuracy_attacked']:.1%}, of its own class's "
            f"{first['accuracy_own']:.1%} to {last['accuracy_own']:.1%}"
        )
    turned = relevance_sign.describe(table)
    return "\n".join([*lines, *([f"unhansing: {turned}"] if turned else [])])


def _looked(first: pd.Series, last: pd.Series) -> str:
    """Describe how relevance in the mask changes, where the mask is not the whole image."""
    if pd.isna(first["relevance"]):
        return ""
    return f"relevance in the mask {first['relevance']:.1%} to {last['relevance']:.1%}, "


@dataclass(frozen=True, eq=False)
class Evaluator:
    """Held-out images that a network is evaluated by, each without the artefact and with it.

    Parameters
    ----------
    case : Case
        Artefact and images.
    count : int
        Number of samples.

    """

    case: Case
    count: int

    def row(self, module: nn.Module) -> dict[str, float]:
        """Evaluate a network.

        Parameters
        ----------
        module : Module
            The network.

        Returns
        -------
        dict of str to float
            ``accuracy_clean`` of held-out images of all classes that are not known to show the
            artefact, and ``accuracy_attacked`` of the same with it. Of those of other classes
            ``response`` (mean change of the probability of its class when it is inserted, with an
            interval of 95 %), ``rank_change`` and ``relevance`` (fraction of the positive relevance
            for its class that lies in the mask). ``relevance_own`` is the same of images of its own
            class, ``relevance_total`` all relevance in the mask of images of other classes, in units
            of the logit, and ``relevance_balance`` the same by its magnitude, below 0 where the
            artefact speaks against its class. ``accuracy_own`` is of images of its own class that show
            it: those that are known to, or all with it put in. ``images`` and ``images_own`` are numbers
            of images.

        """
        case, target = self.case, self.case.data.target
        before, after = (
            predict(module, self.case.data.unmarked.inputs),
            predict(module, self._attacked),
        )
        change = changed(before[self._foreign], after[self._foreign], target)
        low, high = interval(change.probability)
        network = replace(case.network, module=module)
        masks = case.artefact.masks
        own, other = (
            relevance(network, case.accepted.composite, shown, target, inside)
            for shown, inside in (
                (self._own, masks(len(self._own))),
                (self._attacked[self._foreign], masks(len(self.case.data.unmarked))[self._foreign]),
            )
        )
        return {
            "accuracy_clean": accuracy_of(before, self.case.data.unmarked.label),
            "accuracy_attacked": accuracy_of(after, self.case.data.unmarked.label),
            "response": float(change.probability.mean()),
            "response_low": low,
            "response_high": high,
            "rank_change": float(change.rank.mean()),
            "relevance": other.fraction,
            "relevance_own": own.fraction,
            "relevance_total": other.total,
            "relevance_balance": other.balance,
            "accuracy_own": self._accuracy_own(module),
            "images": len(self.case.data.unmarked),
            "images_own": len(self._shown),
        }

    def snapshot(self, module: nn.Module, subset: str, epoch: int) -> Snapshot:
        """Explain the samples.

        Parameters
        ----------
        module : Module
            The network.
        subset : str
            That it was trained on.
        epoch : int
            After which it is explained.

        Returns
        -------
        Snapshot

        """
        inputs, target = self.samples.inputs, self.samples.target
        network = replace(self.case.network, module=module)
        found = attribute(
            network, inputs, np.full(len(inputs), target), self.case.accepted.composite
        )
        return Snapshot(subset, epoch, found, probability(predict(module, inputs), target))

    def _accuracy_own(self, module: nn.Module) -> float:
        if not len(self._shown):
            return float("nan")
        return accuracy(module, self._shown, np.full(len(self._shown), self.case.data.target))

    @cached_property
    def samples(self) -> Samples:
        """Images to show, half of them of the artefact's class: those that show it anyway, if any do."""
        data, artefact, target = self.case.data, self.case.artefact, self.case.data.target
        own = self._shown
        own = own[evenly(len(own), self.count - self.count // 2)]
        others = evenly(len(data.foreign), self.count // 2)
        inputs = np.concatenate([own, artefact.insert(data.foreign.inputs[others])])
        label = np.concatenate([np.full(len(own), target), data.foreign.label[others]])
        transform = self.case.network.transform
        low, high = (
            (np.zeros(1), np.ones(1)) if transform is None else (transform.low, transform.high)
        )
        planes = (inputs - low[:, None, None]) / (high - low)[:, None, None]
        # A fourth channel is opacity.
        pictures = planes[:, 0] if planes.shape[1] == 1 else planes[:, :3].transpose(0, 2, 3, 1)
        return Samples(inputs, np.clip(pictures, 0, 1), label, target, float(artefact.mask.mean()))

    @cached_property
    def _foreign(self) -> NDArray[np.bool_]:
        return np.asarray(self.case.data.unmarked.label != self.case.data.target)

    @cached_property
    def _attacked(self) -> NDArray[np.float32]:
        return self.case.artefact.insert(self.case.data.unmarked.inputs)

    @cached_property
    def _shown(self) -> NDArray[np.float32]:
        """Images of its class that show the artefact: those that are known to, or all with it put in."""
        marked = self.case.data.held_out.only(self.case.data.held_out.marked)
        return marked.inputs if len(marked) else self._own

    @cached_property
    def _own(self) -> NDArray[np.float32]:
        held_out = self.case.data.held_out
        own = held_out.inputs[held_out.label == self.case.data.target]
        return self.case.artefact.insert(own)


def _followed(
    evaluator: Evaluator, subset: str, settings: Settings
) -> list[tuple[dict[str, float], Snapshot]]:
    """Train a copy of the network on a subset, and evaluate it after each reported epoch."""
    case, training = evaluator.case, evaluator.case.data.training
    inputs = inputs_of(subset, case.artefact, training.inputs)
    module = copy.deepcopy(case.network.module)
    found: list[tuple[dict[str, float], Snapshot]] = []
    began, evaluating = time.perf_counter(), 0.0

    def note(epoch: int, _: float) -> None:
        nonlocal evaluating
        if epoch not in settings.reported:
            return
        now = time.perf_counter()
        # A copy: an explanation merges layers for its time, which training must not see.
        own = copy.deepcopy(module).eval()
        row = evaluator.row(own) | {"seconds": now - began - evaluating}
        found.append((row, evaluator.snapshot(own, subset, epoch)))
        evaluating += time.perf_counter() - now

    schedule = Schedule(
        epochs=max(settings.reported),
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        seed=settings.seed,
        keep_statistics=True,
    )
    fit(module, inputs, training.label, schedule, after_epoch=note)
    return found
