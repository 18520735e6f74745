"""Overall: how well all properties, and those of each family, tell the classes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans.probes.families import FAMILIES, SEEN
from unhans.probes.predictability import Gathered, Settings, seen
from unhans.probes.prediction import Predicted, predict

COLUMNS = [
    *(
        "corpus",
        "class",
        "name",
        "family",
        "properties",
        "images",
        "classes",
        "accuracy",
        "null_mean",
    ),
    *("null_95", "p", "accuracy_held_out", "images_held_out", "status"),
]


class Sample(NamedTuple):
    """Images that the classes are predicted of.

    Parameters
    ----------
    classes : list of int
        Classes of which there are enough images, by their place in `Gathered.classes`.
    learned, held_out : ndarray of int, shape (n,) and (m,)
        Places of the images to learn from, and of others.
    folds : int
        Parts of the cross-validation.

    """

    classes: list[int]
    learned: NDArray[np.int64]
    held_out: NDArray[np.int64]
    folds: int


def tabulate(gathered: Gathered, corpus: str, settings: Settings) -> pd.DataFrame:
    """Predict the classes by all properties, by those that a network sees, and by each family.

    Parameters
    ----------
    gathered : Gathered
        Properties of the corpus.
    corpus : str
        Its name.
    settings : Settings
        Of the stage.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. Rows without a class are of all: balanced accuracy by all properties (no
        family), by all that a network sees (``seen``), and by each family. Rows of classes have the
        recall of the class by what a network sees. The p-value is the share of permutations, and one
        more, that reach the accuracy.

    """
    drawn = sample(gathered, settings.images, settings.folds, settings.seed)
    is_seen = seen(gathered.families)
    chosen = {"": np.ones(len(gathered.families), dtype=bool), SEEN: is_seen}
    chosen |= {one: np.array([own == one for own in gathered.families], bool) for one in FAMILIES}
    rows: list[dict[str, Any]] = []
    by_class: list[dict[str, Any]] = []
    for family, columns in chosen.items():
        common: dict[str, Any] = {"corpus": corpus, "class": "", "name": "all", "family": family}
        common["properties"] = int(columns.sum())
        reason = _reason(drawn, columns)
        if reason:
            rows.append({**common, **_counted(drawn, gathered), "status": reason})
            continue
        found = _predicted(gathered, drawn, columns, settings)
        rows.append({**common, **_counted(drawn, gathered), **_summary(found)})
        if family == SEEN:
            by_class = _of_classes(gathered, drawn, found, settings, common)
    return pd.DataFrame([*rows, *by_class], columns=COLUMNS)


def sample(gathered: Gathered, images: int, folds: int, seed: int) -> Sample:
    """Draw the images that the classes are predicted of, about as many of each class.

    Parameters
    ----------
    gathered : Gathered
        Properties of the corpus.
    images, folds, seed : int
        See `Settings`.

    Returns
    -------
    Sample
        Classes of fewer than two training images are left out.

    """
    count = np.bincount(gathered.label[gathered.training], minlength=len(gathered.classes))
    classes = np.nonzero(count >= 2)[0].tolist()
    used = min([folds, *(int(count[one]) for one in classes)])
    most = max(used, images // max(1, len(classes)))
    random = np.random.default_rng([seed, 4])
    learned: list[NDArray[np.int64]] = []
    held: list[NDArray[np.int64]] = []
    for one in classes:
        own = gathered.label == one
        for target, part in ((learned, own & gathered.training), (held, own & ~gathered.training)):
            places = np.nonzero(part)[0]
            kept = random.choice(places, most, replace=False) if len(places) > most else places
            target.append(np.sort(kept))
    none = np.zeros(0, dtype=np.int64)
    return Sample(classes, np.concatenate([none, *learned]), np.concatenate([none, *held]), used)


def describe(table: pd.DataFrame) -> str:
    """Say how well the properties tell the classes.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.

    Returns
    -------
    str
        A line.

    """
    row = table.iloc[1].to_dict()
    if row["status"] != "ok":
        return f"predictability: classes are not predicted: {row['status']}"
    text = (
        f"predictability: what a network sees of {row['properties']} properties tells "
        f"{row['classes']} classes with balanced accuracy {row['accuracy']:.2f} "
        f"(permuted: {row['null_mean']:.2f}, p = {row['p']:.2g})"
    )
    held = row["accuracy_held_out"]
    return text if np.isnan(held) else f"{text}, held-out images {held:.2f}"


def _reason(drawn: Sample, columns: NDArray[np.bool_]) -> str:
    if len(drawn.classes) < 2:
        return "fewer than two classes with two training images"
    return "" if columns.any() else "no property of the family is defined, or all are the same"


def _predicted(
    gathered: Gathered, drawn: Sample, columns: NDArray[np.bool_], settings: Settings
) -> Predicted:
    number = np.full(len(gathered.classes), -1, dtype=np.int64)
    number[drawn.classes] = np.arange(len(drawn.classes))
    values = gathered.values[:, columns]
    return predict(
        values[drawn.learned],
        number[gathered.label[drawn.learned]],
        values[drawn.held_out],
        number[gathered.label[drawn.held_out]],
        len(drawn.classes),
        folds=drawn.folds,
        permutations=settings.permutations,
        seed=settings.seed,
    )


def _counted(drawn: Sample, gathered: Gathered) -> dict[str, Any]:
    return {
        "images": len(drawn.learned),
        "classes": len(drawn.classes),
        "images_held_out": len(drawn.held_out),
    }


def _summary(found: Predicted) -> dict[str, Any]:
    return _against_null(float(found.recall.mean()), found.null.mean(axis=1), _mean(found.held_out))


def _against_null(accuracy: float, null: NDArray[np.float64], held_out: float) -> dict[str, Any]:
    return {
        "accuracy": accuracy,
        "null_mean": float(null.mean()),
        "null_95": float(np.quantile(null, 0.95)),
        "p": float((1 + (null >= accuracy).sum()) / (1 + len(null))),
        "accuracy_held_out": held_out,
        "status": "ok",
    }


def _of_classes(
    gathered: Gathered,
    drawn: Sample,
    found: Predicted,
    settings: Settings,
    common: Mapping[str, Any],
) -> list[dict[str, Any]]:
    rows = []
    for place, one in enumerate(drawn.classes):
        class_id = gathered.classes[one]
        own = gathered.label == one
        rows.append(
            {
                **common,
                "class": class_id,
                "name": settings.name(class_id),
                "images": int(own[drawn.learned].sum()),
                "classes": len(drawn.classes),
                "images_held_out": int(own[drawn.held_out].sum()),
                **_against_null(
                    float(found.recall[place]), found.null[:, place], float(found.held_out[place])
                ),
            }
        )
    return rows


def _mean(values: NDArray[np.float64]) -> float:
    """Mean of the classes that have images."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
