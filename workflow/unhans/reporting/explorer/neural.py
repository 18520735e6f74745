"""Neural: neurons and components that a class rests on, as the explorer shows them beside its groups."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from unhans.features import class_features, labels, sensitivity
from unhans.features.answers import ANSWERS, COLUMNS, SPURIOUS
from unhans.io.store import Result
from unhans.reporting import features_page
from unhans.reporting.explorer import relevance
from unhans.reporting.explorer.encoding import packed
from unhans.types import Array

CALL = "unhans.addFeatures"
"""Function of the page that the script of a class's features calls."""

BINS = 14
"""Most bins along a side of a mask."""


def describe(
    images: Array, groups: Mapping[str, Array], neurons: Result, measured: Result
) -> dict[str, Any]:
    """Describe the features of a class, in the order of its explained images.

    Parameters
    ----------
    images : ndarray of int, shape (n,)
        Rows of the class that were explained.
    groups : mapping of str to ndarray of bool, shape (n,)
        The clearest group of each indicator.
    neurons, measured : Result
        Of the stages ``neurons`` and ``sensitivity``.

    Returns
    -------
    dict
        ``words`` on the class; ``height`` and ``width`` of masks; ``labels``, the columns of a person's
        table of labels, and what it may answer; and ``features``, one each, with its
        ``strength`` in every image (NaN where the network did not see it) and its ``masks``.
    """
    found, scores = sensitivity.from_array(measured["table"])
    _, explained, seen = np.intersect1d(images, neurons["image"], return_indices=True)
    strength = np.full((len(found), len(images)), np.nan)
    strength[:, explained] = class_features.values(neurons.arrays)[:, seen]
    maps = np.concatenate([neurons["neuron_mask"], neurons["component_mask"]])
    small = [relevance.shrink(one.astype(np.float32), BINS).values for one in maps]
    masks = np.zeros((len(maps), len(images), *small[0].shape[1:]), dtype=np.int8)
    masks[:, explained] = np.stack(small)[:, seen]
    return {
        "words": features_page.scored(scores),
        "height": masks.shape[2],
        "width": masks.shape[3],
        "labels": {"columns": list(COLUMNS), "answers": list(ANSWERS)},
        "features": [
            {
                **{name: row[name] for name in ("feature", "label", "source")},
                "words": features_page.words(row),
                "spurious": row["label"] in SPURIOUS,
                "ends": 2 if row["feature"].startswith(features_page.SIGNED) else 1,
                "groups": _agreeing(strength[place], groups, explained),
                "strength": packed(strength[place], "f4"),
                "masks": packed(masks[place], "i1"),
            }
            for place, row in enumerate(found)
        ],
    }


def summary(value: Mapping[str, Any]) -> dict[str, Any]:
    """Say how many features of a class there are, and which are spurious.

    Parameters
    ----------
    value : mapping
        From `describe`.

    Returns
    -------
    dict
        ``count``; ``spurious``, their names; and ``grouped``, those that show what a group shares.
    """
    features = value["features"]
    return {
        "count": len(features),
        "spurious": [one["feature"] for one in features if one["spurious"]],
        "grouped": [one["feature"] for one in features if one["groups"]],
    }


def _agreeing(
    strength: Array, groups: Mapping[str, Array], explained: Array
) -> list[dict[str, Any]]:
    """Groups whose images show a feature more than the others: AUC of `labels.LEAST_AUC` or more."""
    values = {name: labels.auc(strength[explained], own[explained]) for name, own in groups.items()}
    return [
        {"indicator": name, "auc": auc} for name, auc in values.items() if auc >= labels.LEAST_AUC
    ]
