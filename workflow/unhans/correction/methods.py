"""Methods that correct a network of an artefact, each compared with the network as it was.

==================  ================================================================================
none                the network as it is
fine_tuning         trained on as it was: what more training alone does (subset A of the paper)
cleaning            trained on with the artefact in all images of all classes, so that it carries
                    no information (un-Hansing; subset B of the paper)
cleaning_half       the same, in every other image: images without it are not forgotten
p_clarc             activations of a layer moved to where images without the artefact lie
p_clarc_reactive    the same, only of images in which the vector finds the artefact
a_clarc             the layers above trained on while activations are moved to where images with
                    the artefact lie
a_clarc_half        the same, of every other image
restored            trained on with all images restored by a denoiser; of artefacts that one takes out
spufix              the contribution of a spurious component is taken from the class's logit
spufix_inserted     the same of what the artefact adds to the logit's parts where it is put in
leace               what a linear classifier can know of the artefact is erased from the activations
                    before the last layer
dfr                 the last layer trained on, on images that show least of what the artefact raises
rr_clarc            trained on, penalised for the gradient along the vector in a layer
==================  ================================================================================
"""

import copy
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import pandas as pd
from torch import nn
from tqdm import tqdm

from unhans.artefacts.response import response
from unhans.bootstrap import interval
from unhans.correction import clarc, last_layer, layers, rr_clarc, subsets
from unhans.correction.case import Case
from unhans.correction.data import Images
from unhans.correction.evaluation import accuracy, relevance, worst_group
from unhans.correction.vectors import Method, Vectors
from unhans.networks.training import Schedule, fit

COLUMNS = [
    *("corpus", "model", "artefact", "method", "layer", "estimator", "accuracy_clean"),
    *("accuracy_attacked", "response_before", "response_after", "response_low", "response_high"),
    *("rank_change", "relevance", "vector_auc", "pooled", "class", "composite"),
    *("images", "seconds", "accuracy_worst_group"),
]

MARKED_EVERY: Mapping[str, int] = {"fine_tuning": 0, "cleaning": 1, "cleaning_half": 2}
"""Methods that train on. Every first or second image gets the artefact; for 0, none does."""

RESTORED = "restored"
"""Method that trains on with restored images."""

MOVING = ("p_clarc", "p_clarc_reactive", "a_clarc", "a_clarc_half", rr_clarc.NAME)
"""Methods that need a layer and a vector."""

UNEXPLAINED = ("spufix", "spufix_inserted")
"""Methods whose last step no rule of LRP covers: their relevance is not measured."""

LOSS = 0.01
"""Accuracy that the exported projection may cost at most."""


@dataclass(frozen=True)
class Settings:
    """Which methods are tried, and how networks are trained on; see the section ``correction``.

    Parameters
    ----------
    methods : sequence of str
        Their names.
    layers : sequence of str, or "auto"
        Names of the layers that are moved; auto: see `automatic`.
    estimators : sequence of str
        Of the vectors.
    pooled : sequence of bool
        Whether a vector has one number a channel.
    classes : int
        Number of classes, that of the artefact included.
    images : int
        Most images of a class and split.
    epochs : int
        Of training on.
    batch_size : int
        Images a step.
    learning_rate : float
        Highest rate of the one-cycle schedule.
    penalty : float
        Weight of the squared gradient along a vector.
    seed : int
        Of classes, images, their order, and the support vector machine.

    """

    methods: Sequence[str] = (*MARKED_EVERY, *MOVING, RESTORED, *last_layer.NAMES)
    layers: Sequence[str] | Literal["auto"] = "auto"
    estimators: Sequence[str] = ("mean_difference", "svm")
    pooled: Sequence[bool] = (False,)
    classes: int = 10
    images: int = 500
    epochs: int = 5
    batch_size: int = 50
    learning_rate: float = 0.001
    penalty: float = 1000
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Corrector:
    """Corrects the network of a case by every method that is configured.

    Parameters
    ----------
    case : Case
        Network, artefact and images; its network stays as it is.
    settings : Settings
        Methods and training.

    """

    case: Case
    settings: Settings

    @cached_property
    def vectors(self) -> Vectors:
        """Vectors that layers are moved along."""
        return Vectors(self.case, seed=self.settings.seed)

    def methods(self) -> list[Method]:
        """List every method that is configured, the network as it is first.

        Returns
        -------
        list of Method

        """
        settings, names = self.settings, self.settings.layers
        if names == "auto":
            example = self.case.data.training.inputs[:1]
            names = automatic(layers.maps(self.case.network.module, example))
        found = [Method("none")]
        for name in settings.methods:
            if name == RESTORED and not subsets.restores(self.case.artefact):
                continue
            if name in last_layer.NAMES and not last_layer.applies(self.case):
                continue
            if name not in MOVING:
                found.append(Method(name))
                continue
            found += [
                Method(name, layer, estimator, pooled)
                for layer in names
                for estimator in settings.estimators
                for pooled in settings.pooled
            ]
        return found

    @contextmanager
    def corrected(self, method: Method) -> Iterator[nn.Module]:
        """Correct the network by a method for the time of a ``with``.

        Parameters
        ----------
        method : Method
            One of `methods`.

        Yields
        ------
        Module
            The network, corrected; that of the case stays as it is.

        Raises
        ------
        InputError
            The network has no layer of the method's name, its estimator is unknown, or no vector
            can be fitted to the activations; see `cav.fit_cav`.

        """
        own, data = self.case.network.module, self.case.data
        if method.method == "none":
            yield own
        elif method.method in MARKED_EVERY:
            every = MARKED_EVERY[method.method]
            inputs = data.training.inputs.copy()
            if every:
                inputs[::every] = self.case.artefact.insert(inputs[::every])
            yield self._trained(copy.deepcopy(own), replace(data.training, inputs=inputs))
        elif method.method == RESTORED:
            inputs = subsets.inputs_of(subsets.RESTORED, self.case.artefact, data.training.inputs)
            yield self._trained(copy.deepcopy(own), replace(data.training, inputs=inputs))
        elif method.method in last_layer.NAMES:
            with last_layer.corrected(self.case, method.method, self._schedule) as module:
                yield module
        elif method.method == rr_clarc.NAME:
            module, direction = copy.deepcopy(own), self.vectors.of(method).direction
            weight, given = self.settings.penalty, data.training
            rr_clarc.train(module, method.layer, direction, given, self._schedule, weight)
            yield module.eval()
        elif method.method.startswith("a_clarc"):
            module, projection = copy.deepcopy(own), self.vectors.projection(method)
            moved = clarc.EveryOther(projection) if method.method.endswith("half") else projection
            with (
                clarc.after(module, method.layer, moved),
                layers.frozen_up_to(module, method.layer, data.training.inputs[:1]),
            ):
                self._trained(module, data.training)
            yield module
        else:
            with clarc.after(own, method.layer, self.vectors.projection(method)) as module:
                yield module

    def _trained(self, module: nn.Module, images: Images) -> nn.Module:
        """Train a network on; batch statistics stay as they are."""
        fit(module, images.inputs, images.label, self._schedule)
        return module.eval()

    @property
    def _schedule(self) -> Schedule:
        return Schedule(
            epochs=self.settings.epochs,
            batch_size=self.settings.batch_size,
            learning_rate=self.settings.learning_rate,
            seed=self.settings.seed,
            keep_statistics=True,
        )


def automatic(names: list[str]) -> list[str]:
    """Choose two layers: that at two thirds of the way up, and the last.

    Parameters
    ----------
    names : list of str
        Layers of a network in their order.

    Returns
    -------
    list of str
        One where both are the same; none without layers.

    """
    return list(dict.fromkeys([names[(2 * len(names) - 1) // 3], names[-1]])) if names else []


def tabulate(corrector: Corrector) -> tuple[pd.DataFrame, Method | None]:
    """Correct a network by every method that is configured, and evaluate it.

    Parameters
    ----------
    corrector : Corrector
        Case and settings.

    Returns
    -------
    table : DataFrame
        One row a method, columns `COLUMNS`.
    best : Method or None
        The projection (``p_clarc``) that leaves the smallest response among those that cost at most
        `LOSS` of accuracy; None without one.

    Raises
    ------
    InputError
        The network cannot be corrected by a method; see `Corrector.corrected`.

    """
    rows: list[dict[str, Any]] = []
    bar = tqdm(corrector.methods(), desc="correction", unit="method", delay=5, mininterval=5)
    for method in bar:
        start = time.perf_counter()
        with corrector.corrected(method) as module:
            seconds = time.perf_counter() - start
            measures = evaluate(corrector.case, module, method.method not in UNEXPLAINED)
        rows.append({**method._asdict(), **measures, "seconds": seconds})
        if method.layer:
            rows[-1]["vector_auc"] = corrector.vectors.auc(method)
    table = pd.DataFrame(rows)
    table["response_before"] = table["response_after"].iloc[0]
    table = table.assign(**corrector.case.accepted.columns()).reindex(columns=COLUMNS)
    return table, _best(table)


def evaluate(case: Case, module: nn.Module, explained: bool = True) -> dict[str, float]:
    """Measure how accurate a network is on held-out images, and how it responds to the artefact.

    Parameters
    ----------
    case : Case
        Artefact and images.
    module : Module
        The network, corrected or not.
    explained : bool
        Its relevance is measured, too.

    Returns
    -------
    dict of str to float
        ``accuracy_clean`` of images not known to show the artefact. Of images of other classes with
        the artefact ``accuracy_attacked``, ``response_after`` (mean change of its class's probability,
        with an interval of 95 % in ``response_low`` and ``response_high``), ``rank_change`` and
        ``relevance`` (fraction of the positive relevance for its class that lies in the mask).
        ``images`` is the number of images of other classes. ``accuracy_worst_group``: of the class or
        the other class, without the artefact or with it, whichever is lowest.

    Raises
    ------
    InputError
        The composite of the artefact is unknown.

    """
    target, foreign, plain = case.data.target, case.data.foreign, case.data.unmarked
    change = response(module, foreign.inputs, case.attacked, target)
    low, high = interval(change.probability)
    network = replace(case.network, module=module)
    masks = case.artefact.masks(len(foreign))
    composite = case.accepted.composite
    inside = float("nan")
    if explained:
        inside = relevance(network, composite, case.attacked, target, masks).fraction
    return {
        "accuracy_clean": accuracy(module, plain.inputs, plain.label),
        "accuracy_attacked": accuracy(module, case.attacked, foreign.label),
        "response_after": float(change.probability.mean()),
        "response_low": low,
        "response_high": high,
        "rank_change": float(change.rank.mean()),
        "relevance": inside,
        "images": len(foreign),
        "accuracy_worst_group": worst_group(case, module),
    }


def programs(corrector: Corrector, best: Method | None) -> dict[str, bytes]:
    """Export the network with a projection as a program that runs without unhans.

    Parameters
    ----------
    corrector : Corrector
        Case and settings.
    best : Method or None
        The projection.

    Returns
    -------
    dict of str to bytes
        ``corrected.pt2``, the content of the file; empty without a projection.

    Raises
    ------
    InputError
        The network cannot be corrected by the method; see `Corrector.corrected`.

    """
    if best is None:
        return {}
    with corrector.corrected(best) as module:
        example = corrector.case.data.held_out.inputs[:2]
        return {"corrected.pt2": clarc.program(copy.deepcopy(module), example)}


def describe(table: pd.DataFrame) -> str:
    """Describe accuracy and response by each method in a line.

    Parameters
    ----------
    table : DataFrame
        Of `tabulate`.

    Returns
    -------
    str

    """
    lines = []
    for row in table.to_dict("records"):
        method = " ".join(str(row[key]) for key in ("method", "layer", "estimator") if row[key])
        lines.append(
            f"correction: {method}: response {100 * row['response_after']:+.1f} points, accuracy "
            f"{row['accuracy_clean']:.1%}, with the artefact {row['accuracy_attacked']:.1%}"
        )
    return "\n".join(lines)


def _best(table: pd.DataFrame) -> Method | None:
    least = table["accuracy_clean"].iloc[0] - LOSS
    able = table[(table["method"] == "p_clarc") & (table["accuracy_clean"] >= least)]
    if able.empty:
        return None
    row = able.loc[able["response_after"].abs().idxmin()]
    return Method(row["method"], row["layer"], row["estimator"], bool(row["pooled"]))
