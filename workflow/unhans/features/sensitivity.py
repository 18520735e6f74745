"""Sensitivity: how a network answers to noise where a feature is, and how well classes do without it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.bootstrap import interval
from unhans.features import class_features, feature_maps, labels, noise, soft_masks
from unhans.features.answers import CORE, SPURIOUS
from unhans.features.feature_maps import FeatureMaps
from unhans.features.labels import Evidence
from unhans.features.pixels import Pixels
from unhans.features.spuriosity import accuracy_gap
from unhans.images.sampling import evenly, some
from unhans.io.store import Result
from unhans.networks.inference import predict

COLUMNS = (
    *("feature", "label", "source", "importance", "iou", "auc", "gap", "noise_accuracy"),
    *("control_accuracy", "before", "response", "control", "difference", "low", "high", "area"),
    "images",
)
"""What is measured of each feature."""


@dataclass(frozen=True)
class Settings:
    """How much noise, in how many images; see the section ``sensitivity``.

    Parameters
    ----------
    images : int
        Most images whose accuracy is measured.
    top : int
        Images that show a feature most, of which its response is measured.
    sigma : float
        Standard deviation of the noise.
    ends : float
        Share of the images at each end of the accuracy gap.
    seed : int
        Of noise and images.
    layer : str
        Whose maps show where features are; see `feature_maps.layer_of`.
    trials : int
        Draws of noise that accuracies and margins are means of.
    """

    images: int = 50
    top: int = 20
    sigma: float = noise.SIGMA
    ends: float = 0.1
    seed: int = 0
    layer: str = feature_maps.AUTO
    trials: int = 1


class Scores(NamedTuple):
    """Accuracy of a class with noise in masks of several features.

    Parameters
    ----------
    clean : float
        Without noise.
    core : float
        Core accuracy: noise where spurious features are. NaN without such features.
    core_control : float
        The same noise moved to another place.
    spurious : float
        Spurious accuracy: noise where core features are.
    spurious_control : float
        The same noise moved to another place.
    """

    clean: float
    core: float
    core_control: float
    spurious: float
    spurious_control: float

    @property
    def rfs(self) -> float:
        """Relative sensitivity to core features."""
        return noise.relative_sensitivity(self.core, self.spurious)

    @property
    def reliance(self) -> float:
        """What noise on spurious features costs more than the same noise elsewhere."""
        return self.core_control - self.core


def measure(
    maps: FeatureMaps, settings: Settings, answers: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Measure every feature of a class, and label it.

    Parameters
    ----------
    maps : FeatureMaps
        Features of the class, its images, and the network.
    settings : Settings
        Noise and images.
    answers : mapping of str to str
        A person's labels by feature.

    Returns
    -------
    list of dict
        A row a feature, with `COLUMNS`.
    """
    rows, stored, pixels = [], maps.stored, maps.pixels
    names, strength = class_features.names(stored.arrays), class_features.values(stored.arrays)
    row, right = stored["image"], np.asarray(stored["prediction"]) == pixels.index
    tested = _tested(stored)
    marked = pixels.marked(row)
    truth = np.flatnonzero(marked)[evenly(int(marked.sum()), 2 * settings.images)]
    planted = pixels.truth(row[truth])
    for place, name in enumerate(names):
        order = tested[np.argsort(-strength[place][tested], kind="stable")][: settings.top]
        found = response(maps, settings, place, order)
        own = maps.masks(place, truth)
        covered = planted.mean(axis=(1, 2)) < 0.5 if len(planted) else np.zeros(0, dtype=bool)
        overlaps = soft_masks.overlap(own, planted)[covered] if covered.any() else np.zeros(0)
        evidence = Evidence(
            float(overlaps.mean()) if len(overlaps) else float("nan"),
            labels.auc(strength[place], marked),
            accuracy_gap(strength[place], right, max(1, round(settings.ends * len(row)))),
            found["low"],
            found["high"],
        )
        label, source = labels.decide(evidence, answers.get(name, ""))
        neurons = stored["neuron"]
        rows.append(
            {
                **{"feature": name, "label": label, "source": source},
                "importance": float(
                    stored["importance"][neurons[place]]
                    if place < len(neurons)
                    else stored["alpha"][stored["member"], place - len(neurons)].std()
                ),
                **{"iou": evidence.iou, "auc": evidence.auc, "gap": evidence.gap},
                **found,
            }
        )
    return rows


def response(
    maps: FeatureMaps,
    settings: Settings,
    place: int,
    at: NDArray[np.int64],
    corrected: Pixels | None = None,
) -> dict[str, Any]:
    """Measure the change of the class's margin by noise in a feature's masks, and elsewhere.

    Probabilities of images that are called the class are near one, and hide what changes.

    Parameters
    ----------
    maps, settings : FeatureMaps, Settings
        See `measure`.
    place : int
        Of the feature, in `class_features.names`.
    at : ndarray of int, shape (n,)
        Images that noise is put into: rows of the stored arrays.
    corrected : Pixels, optional
        Another network that answers, with the masks of the one that features were found in.

    Returns
    -------
    dict
        The columns from ``noise_accuracy`` on.
    """
    pixels = corrected or maps.pixels
    images = pixels.read(maps.stored["image"][at])
    masks = maps.masks(place, at)
    before, _ = _margins(pixels, images)
    answers = []
    for covered in (masks, _moved(masks)):
        after, accurate = _with_noise(pixels, images, covered, settings)
        answers.append((accurate, after - before))
    (accurate, inside), (control, outside) = answers
    low, high = interval(inside - outside)
    return {
        "noise_accuracy": accurate,
        "control_accuracy": control,
        "before": float(before.mean()),
        "response": float(inside.mean()),
        "control": float(outside.mean()),
        "difference": float((inside - outside).mean()),
        "low": low,
        "high": high,
        "area": float(masks.mean()),
        "images": len(at),
    }


def score(maps: FeatureMaps, settings: Settings, found: Sequence[Mapping[str, Any]]) -> Scores:
    """Measure the accuracy of a class with noise in all spurious, and in all core features.

    Parameters
    ----------
    maps, settings : FeatureMaps, Settings
        See `measure`.
    found : sequence of dict
        From `measure`.

    Returns
    -------
    Scores
        Of images that the network was not trained on, where there are some.
    """
    stored, pixels = maps.stored, maps.pixels
    random = np.random.default_rng([settings.seed, pixels.index])
    at = some(random, _tested(stored), settings.images)
    images = pixels.read(stored["image"][at])
    clean = _margins(pixels, images)[1]
    parts = []
    for kinds in (SPURIOUS, (CORE,)):
        own = [place for place, row in enumerate(found) if row["label"] in kinds]
        if not own:
            parts += [float("nan")] * 2
            continue
        masks = soft_masks.joined(np.stack([maps.masks(place, at) for place in own]))
        for covered in (masks, _moved(masks)):
            parts.append(_with_noise(pixels, images, covered, settings)[1])
    return Scores(clean, *parts)


def as_array(found: Sequence[Mapping[str, Any]], scores: Scores) -> NDArray[np.uint8]:
    """Pack what was measured, so that the fingerprint of a result covers it.

    Parameters
    ----------
    found : sequence of dict
        From `measure`.
    scores : Scores
        From `score`.

    Returns
    -------
    ndarray of uint8, shape (n,)
        JSON; what is NaN is null.
    """
    plain = {"features": [_plain(row) for row in found], "scores": _plain(scores._asdict())}
    return np.frombuffer(json.dumps(plain, sort_keys=True).encode(), dtype=np.uint8)


def from_array(packed: NDArray[np.uint8]) -> tuple[list[dict[str, Any]], Scores]:
    """Unpack what `as_array` packed.

    Parameters
    ----------
    packed : ndarray of uint8, shape (n,)
        JSON.

    Returns
    -------
    found : list of dict
        A row a feature.
    scores : Scores
    """
    plain = json.loads(np.asarray(packed, dtype=np.uint8).tobytes())
    rows = [{key: _number(value) for key, value in row.items()} for row in plain["features"]]
    return rows, Scores(**{key: _number(value) for key, value in plain["scores"].items()})


def describe(found: Sequence[Mapping[str, Any]], scores: Scores) -> str:
    """Say what was found of a class.

    Parameters
    ----------
    found : sequence of dict
        From `measure`.
    scores : Scores
        From `score`.

    Returns
    -------
    str
        A line.
    """
    spurious = [row["feature"] for row in found if row["label"] in SPURIOUS]
    words = f"sensitivity: {len(spurious)} of {len(found)} features are spurious"
    if not spurious:
        return f"{words}; accuracy {scores.clean:.0%}"
    return (
        f"{words} ({', '.join(spurious)}); accuracy {scores.clean:.0%}, with noise on spurious features "
        f"{scores.core:.0%}, elsewhere {scores.core_control:.0%}"
    )


def _tested(stored: Result) -> NDArray[np.int64]:
    """Images that the network was not trained on; all where it was trained on all."""
    held = np.flatnonzero(~np.asarray(stored["trained"], dtype=bool))
    return held if len(held) else np.arange(len(stored["image"]))


def _moved(masks: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([soft_masks.elsewhere(mask) for mask in masks])


def _with_noise(
    pixels: Pixels, images: NDArray[np.float32], masks: NDArray[np.float32], settings: Settings
) -> tuple[NDArray[np.float64], float]:
    """Margins and accuracy with noise in masks, means over the trials."""
    answers = [
        _margins(pixels, noise.noisy(images, masks, settings.sigma, settings.seed + trial))
        for trial in range(settings.trials)
    ]
    margins, accurate = zip(*answers, strict=True)
    return np.mean(margins, axis=0), float(np.mean(accurate))


def _margins(pixels: Pixels, images: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Logit of the class less the greatest other one, and the share of images where it is greater."""
    logits = predict(pixels.network.module, pixels.inputs(images)).astype(np.float64)
    own = logits[:, pixels.index]
    margin = own - np.delete(logits, pixels.index, axis=1).max(axis=1)
    return margin, float((logits.argmax(axis=1) == pixels.index).mean())


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: None if value != value else value for key, value in row.items()}


def _number(value: Any) -> Any:
    return float("nan") if value is None else value
