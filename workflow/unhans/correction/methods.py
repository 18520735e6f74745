"""Compensation: ways to cure a network of an artefact, each held against the network as it was.

==================  ================================================================================
none                the network as it is
fine_tuning         trained on as it was: what more training alone does (subset A of the paper)
cleaning            trained on with the artefact in all images of all classes, so that it tells
                    nothing (un-Hansing; subset B of the paper)
cleaning_half       the same, in every other image: what images without it look like is kept in mind
p_clarc             activations of a layer moved to where images without the artefact lie
p_clarc_reactive    the same, of images alone in which the vector finds the artefact
a_clarc             the layers above trained on while activations are moved to where images with
                    the artefact lie
a_clarc_half        the same, of every other image
==================  ================================================================================
"""

import copy
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from unhans.artefacts.artefact import Artefact
from unhans.artefacts.prepared_artefact import PreparedArtefact
from unhans.artefacts.response import response
from unhans.bootstrap import interval
from unhans.correction import cav, clarc, layers
from unhans.correction.data import Images, Material, gather
from unhans.correction.evaluation import accuracy, relevance
from unhans.io.atomic import replacing
from unhans.networks.registry import Network
from unhans.networks.training import fit

COLUMNS = [
    *("corpus", "model", "artefact", "method", "layer", "estimator", "accuracy_clean"),
    *("accuracy_attacked", "response_before", "response_after", "response_low", "response_high"),
    *(
        "rank_change",
        "relevance",
        "vector_auc",
        "pooled",
        "class",
        "composite",
        "images",
        "seconds",
    ),
]

SHOWN: Mapping[str, int] = {"fine_tuning": 0, "cleaning": 1, "cleaning_half": 2}
"""Methods that train on, and of how many images one gets the artefact."""

MOVING = ("p_clarc", "p_clarc_reactive", "a_clarc", "a_clarc_half")
"""Methods that need a layer and a vector."""

FITTED = 400
"""Images that a vector is fitted to at most, with the artefact and without."""


class Way(NamedTuple):
    """A way to correct a network."""

    method: str
    layer: str = ""
    estimator: str = ""
    pooled: bool = False


@dataclass(frozen=True, eq=False)
class Case:
    """An artefact, the network that uses it, and images."""

    network: Network
    artefact: Artefact
    material: Material
    composite: str
    settings: Mapping[str, Any]

    @cached_property
    def attacked(self) -> NDArray[np.float32]:
        """Held-out images of the other classes, the artefact put into them."""
        return self.artefact.insert(self.material.foreign.inputs)

    @cached_property
    def vectors(self) -> "Vectors":
        """Those that layers are moved along."""
        return Vectors(self)


def case(
    settings: Mapping[str, Any],
    corpora: Mapping[str, str],
    accepted: PreparedArtefact,
    network: Network,
    root: Path | None,
) -> Case:
    """Make ready to cure a network of an accepted artefact.

    Parameters
    ----------
    settings : the config's section, and the row ``accepted``
    corpora : results of the stage corpus, by class
    accepted : the artefact
    network : that explains the corpus
    root : folder of the image files; None for digits

    """
    row = settings["accepted"]
    known = accepted.positives, root, network.transform, settings, accepted.index
    material = gather(row["class_id"], corpora, *known)
    return Case(network, accepted.artefact, material, row["composite"], settings)


def tabulate(case: Case) -> tuple[pd.DataFrame, Way | None]:
    """Correct a network in every way that is configured.

    Parameters
    ----------
    case : artefact, network and images; settings are ``methods``, ``layers``, ``estimators``,
        ``pooled``, ``epochs``, ``batch_size``, ``learning_rate``, ``seed``

    Returns
    -------
    one row a way, columns `COLUMNS`; and the projection
    (``p_clarc``) that leaves the smallest response among those that cost less than a point of
    accuracy, None if there is none

    """
    rows: list[dict[str, Any]] = []
    for way in tqdm(ways(case), desc="compensation", unit="way", delay=5, mininterval=5):
        start = time.perf_counter()
        with corrected(case, way) as module:
            seconds = time.perf_counter() - start
            judged = judge(case, module)
        rows.append({**way._asdict(), **judged, "seconds": seconds})
        if way.layer:
            rows[-1]["vector_auc"] = case.vectors.of(way)[1]
    table = pd.DataFrame(rows)
    table["response_before"] = table["response_after"].iloc[0]
    accepted = case.settings["accepted"]
    named = {name: accepted[name] for name in ("corpus", "model", "composite", "artefact")}
    table = table.assign(**named, **{"class": accepted["class_id"]}).reindex(columns=COLUMNS)
    return table, _best(table)


def ways(case: Case) -> list[Way]:
    """Every way that is configured, the network as it is first."""
    told = case.settings
    names = told["layers"]
    if names == "auto":
        names = automatic(layers.maps(case.network.module, case.material.training.inputs[:1]))
    found = [Way("none")]
    for method in told["methods"]:
        if method not in MOVING:
            found.append(Way(method))
            continue
        found += [
            Way(method, layer, estimator, pooled)
            for layer in names
            for estimator in told["estimators"]
            for pooled in told["pooled"]
        ]
    return found


def automatic(names: list[str]) -> list[str]:
    """Two layers out of those of a network: that at two thirds of the way up, and the last."""
    return list(dict.fromkeys([names[(2 * len(names) - 1) // 3], names[-1]])) if names else []


@contextmanager
def corrected(case: Case, way: Way) -> Iterator[nn.Module]:
    """Correct a network in one way, for the time of a ``with``; the case's own stays as it is."""
    own = case.network.module
    if way.method == "none":
        yield own
    elif way.method in SHOWN:
        every = SHOWN[way.method]
        shown = case.material.training
        inputs = shown.inputs.copy()
        if every:
            inputs[::every] = case.artefact.insert(inputs[::every])
        yield _trained(copy.deepcopy(own), replace(shown, inputs=inputs), case)
    elif way.method.startswith("a_clarc"):
        module, projection = copy.deepcopy(own), case.vectors.projection(way)
        moved = clarc.EveryOther(projection) if way.method.endswith("half") else projection
        example = case.material.training.inputs[:1]
        with (
            clarc.after(module, way.layer, moved),
            layers.frozen_up_to(module, way.layer, example),
        ):
            _trained(module, case.material.training, case)
        yield module
    else:
        with clarc.after(own, way.layer, case.vectors.projection(way)) as module:
            yield module


def judge(case: Case, module: nn.Module) -> dict[str, float]:
    """How accurate a network is on held-out images, and how it answers to the artefact.

    Returns
    -------
    ``accuracy_clean`` of images not known to bear it; of images of other classes into which it was put
    ``accuracy_attacked``, ``response_after`` (mean change of its class's probability, with an interval
    of 95 %), ``rank_change`` and ``relevance`` (share of the positive relevance for its class that lies
    in the mask); ``images`` of other classes

    """
    target, foreign = case.material.target, case.material.foreign
    plain = case.material.held_out.only(~case.material.held_out.marked)
    change = response(module, foreign.inputs, case.attacked, target)
    low, high = interval(change.probability)
    network = replace(case.network, module=module)
    masks = case.artefact.masks(len(foreign))
    inside = relevance(network, case.composite, case.attacked, target, masks)
    return {
        "accuracy_clean": accuracy(module, plain.inputs, plain.label),
        "accuracy_attacked": accuracy(module, case.attacked, foreign.label),
        "response_after": float(change.probability.mean()),
        "response_low": low,
        "response_high": high,
        "rank_change": float(change.rank.mean()),
        "relevance": inside.share,
        "images": len(foreign),
    }


def export(case: Case, way: Way | None, folder: str) -> None:
    """Write the network with a projection as a program that needs nothing of ours to run.

    Parameters
    ----------
    case : network and images
    way : the projection; nothing is written without one
    folder : where to, ``corrected.pt2``; it is made in any case

    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    if way is None:
        return
    with corrected(case, way) as module:
        program = clarc.program(copy.deepcopy(module), case.material.held_out.inputs[:2])
    with replacing(Path(folder) / "corrected.pt2") as partial:
        partial.write_bytes(program)


def in_words(table: pd.DataFrame) -> str:
    """Say in a line a way what became of accuracy and response."""
    lines = []
    for row in table.to_dict("records"):
        way = " ".join(str(row[key]) for key in ("method", "layer", "estimator") if row[key])
        lines.append(
            f"compensation: {way}: response {100 * row['response_after']:+.1f} points, accuracy "
            f"{row['accuracy_clean']:.1%}, with the artefact {row['accuracy_attacked']:.1%}"
        )
    return "\n".join(lines)


class Vectors:
    """Vectors of a case, each fitted once: on training images of other classes, with and without."""

    def __init__(self, case: Case) -> None:
        self._case = case
        training, held_out = case.material.training, case.material.foreign
        others = training.only(training.label != case.material.target).inputs
        # Images come class by class: every so-many-th is of all classes.
        self._plain = others[:: -(-len(others) // FITTED)], held_out.inputs
        self._fitted: dict[Way, tuple[cav.Vector, float, tuple[float, float]]] = {}

    def of(self, way: Way) -> tuple[cav.Vector, float]:
        """Vector of a way, and its AUC on held-out images."""
        return self._fit(way)[:2]

    def projection(self, way: Way) -> clarc.Projection:
        """Layer that moves activations as the way says."""
        vector, _, (clean, marked) = self._fit(way)
        place = marked if way.method.startswith("a_clarc") else clean
        told = vector.intercept if way.method == "p_clarc_reactive" else None
        return clarc.Projection(vector.direction, place, way.pooled, told)

    def _fit(self, way: Way) -> tuple[cav.Vector, float, tuple[float, float]]:
        key = way._replace(method="")
        if key not in self._fitted:
            fitted, held_out = (self._activations(way, images) for images in self._plain)
            seed = self._case.settings["seed"]
            vector = cav.fit_cav(*fitted, estimator=way.estimator, seed=seed)
            places = vector.clean, vector.marked
            self._fitted[key] = vector, cav.separation(vector, *held_out), places
        return self._fitted[key]

    def _activations(
        self, way: Way, images: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Of images as they are, and with the artefact."""
        module, altered = self._case.network.module, self._case.artefact.insert(images)
        plain, marked = (
            layers.activations(module, way.layer, part, pooled=way.pooled)
            for part in (images, altered)
        )
        return plain, marked


def _trained(module: nn.Module, images: Images, case: Case) -> nn.Module:
    """Train a network on; batch statistics stay those that it has."""
    fit(
        module,
        images.inputs,
        images.label,
        epochs=case.settings["epochs"],
        batch_size=case.settings["batch_size"],
        learning_rate=case.settings["learning_rate"],
        seed=case.settings["seed"],
        keep_statistics=True,
    )
    return module.eval()


def _best(table: pd.DataFrame) -> Way | None:
    least = table["accuracy_clean"].iloc[0] - 0.01
    able = table[(table["method"] == "p_clarc") & (table["accuracy_clean"] >= least)]
    if able.empty:
        return None
    row = able.loc[able["response_after"].abs().idxmin()]
    return Way(row["method"], row["layer"], row["estimator"], bool(row["pooled"]))
