"""Features page: a page a class with the images that show each feature most and least, for a person."""

import base64
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unhans.features import class_features, sensitivity, shown_images, soft_masks
from unhans.features.answers import ANSWERS
from unhans.features.sensitivity import Scores
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io.store import Result
from unhans.reporting import html_table

TEMPLATE = "features.html.j2"
INDEX = "features_index.html.j2"

SIDE = 112
"""Pixels of the longer side of a picture."""

HEAT = (230, 60, 0)
"""Colour of a mask."""

SIGNED = "component"
"""Starts the names of features that have two ends."""


class Picture(NamedTuple):
    """An image on the page.

    Parameters
    ----------
    plain, masked : str
        Data of the image, and of the image under its mask.
    title : str
        Its name, and how strongly it shows the feature.
    """

    plain: str
    masked: str
    title: str


class Shown(NamedTuple):
    """A feature on the page.

    Parameters
    ----------
    name, label, source, words : str
        What it is called, its label, where that comes from, and what was measured.
    upper, lower : list of Picture
        Images that show it most and least; of neurons only the most.
    attack : str
        Data of the changed image; empty without one.
    """

    name: str
    label: str
    source: str
    words: str
    upper: list[Picture]
    lower: list[Picture]
    attack: str


def pages(
    corpora: Mapping[str, Result],
    neurons: Mapping[str, Result],
    measured: Mapping[str, Result],
    *,
    root: Path | None,
    transform: Transform | None,
    network: tuple[str, str],
) -> Iterator[tuple[str, bytes]]:
    """Make the page of each class.

    Parameters
    ----------
    corpora, neurons, measured : mapping of str to Result
        Of the stages ``corpus``, ``neurons`` and ``sensitivity``, by class.
    root : Path or None
        Folder of the image files; None for digits.
    transform : Transform or None
        Of the network; None for digits.
    network : (str, str)
        Names of corpus and network.

    Yields
    ------
    name : str
        Of the file.
    content : bytes
        HTML that needs no other file. A class that was set aside has none.

    Raises
    ------
    StoreError
        An image file has changed since it was listed.
    """
    template = html_table.template_of(TEMPLATE)
    for class_id, result in measured.items():
        if result.attributes["status"] != "ok":
            continue
        dataset = ClassDataset(corpora[class_id], root)
        found, scores = sensitivity.from_array(result["table"])
        shown = _shown(dataset, transform, neurons[class_id], result, found)
        page: str = template.render(
            name=corpora[class_id].attributes["name"],
            class_id=class_id,
            corpus=network[0],
            model=network[1],
            features=list(shown),
            answers=ANSWERS,
            words=scored(scores),
            layer=result.attributes.get("layer", ""),
            ranked=_ranked(dataset, transform, neurons[class_id], result["spuriosity"]),
        )
        yield f"{class_id}.html", page.encode("utf-8", "replace")


def index(
    corpora: Mapping[str, Result], measured: Mapping[str, Result], network: tuple[str, str]
) -> str:
    """Make the page that leads to those of the classes.

    Parameters
    ----------
    corpora, measured, network : mapping, mapping, (str, str)
        See `pages`.

    Returns
    -------
    str
        HTML; it links to files in the folder ``features`` beside it.
    """
    rows = []
    for class_id, result in measured.items():
        name = corpora[class_id].attributes["name"]
        if result.attributes["status"] != "ok":
            rows.append((name, "", result.attributes["reason"]))
            continue
        found, scores = sensitivity.from_array(result["table"])
        listed = [f"{row['feature']}: {row['label']}" for row in found if row["source"]]
        text = ", ".join(listed) or "nothing is known of its features"
        rows.append((name, f"features/{quote(class_id)}.html", f"{text}. {scored(scores)}"))
    page: str = html_table.template_of(INDEX).render(corpus=network[0], model=network[1], rows=rows)
    return page


def overlaid(image: NDArray[np.uint8], mask: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Colour an image where a mask is.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w) or (h, w, 3)
        Grey or RGB.
    mask : ndarray of float, shape (h, w)
        From 0 to 1.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
    """
    grey = image if image.ndim == 2 else image.mean(axis=2)
    base = np.repeat(np.asarray(grey, dtype=np.float64)[..., None], 3, axis=2)
    part = 0.65 * np.asarray(mask, dtype=np.float64)[..., None]
    return np.asarray(np.rint(base * (1 - part) + np.array(HEAT) * part), dtype=np.uint8)


def _shown(
    dataset: ClassDataset,
    transform: Transform | None,
    stored: Result,
    measured: Result,
    found: list[dict[str, Any]],
) -> Iterator[Shown]:
    """Choose the images of each feature among those that it was found in."""
    strength = class_features.values(stored.arrays)
    _, height, width = dataset.input_shape(transform)
    attacks = measured["attack"]
    for place, row in enumerate(found):
        upper, lower = (
            [
                _picture(dataset, transform, int(stored["image"][at]), mask, strength[place][at])
                for at, mask in zip(
                    rows, _masks(stored, measured, place, rows, (height, width)), strict=True
                )
            ]
            for rows in class_features.shown(stored.arrays, place, shown_images.SHOWN)
        )
        changed = _data(_visible(attacks[place])) if place < len(attacks) else ""
        yield Shown(row["feature"], row["label"], row["source"], words(row), upper, lower, changed)


def _ranked(
    dataset: ClassDataset,
    transform: Transform | None,
    stored: Result,
    spuriosity: NDArray[np.float64],
) -> tuple[list[Picture], ...]:
    """The images that show spurious features most and least; none where no feature is spurious."""
    if np.isnan(spuriosity).all():
        return ()
    order = np.argsort(-spuriosity, kind="stable")
    return tuple(
        [_plain(dataset, transform, int(stored["image"][at]), spuriosity[at]) for at in rows]
        for rows in (order[: shown_images.SHOWN], order[::-1][: shown_images.SHOWN])
    )


def _plain(dataset: ClassDataset, transform: Transform | None, row: int, value: float) -> Picture:
    title = f"{dataset.rows[row].image}: {value:.3g}"
    return Picture(_data(dataset.shown(row, transform)), "", title)


def _masks(
    stored: Result,
    measured: Result,
    place: int,
    rows: NDArray[np.int64],
    size: tuple[int, int],
) -> NDArray[np.float32]:
    """Masks of a feature: those that were measured with, where they were kept."""
    own = np.asarray(measured["mask_feature"]) == place
    kept = dict(zip(measured["mask_image"][own].tolist(), measured["mask"][own], strict=True))
    if not len(rows) or not kept.keys() >= set(rows.tolist()):
        return class_features.masks(stored.arrays, place, rows, size)
    return soft_masks.activation_masks(np.stack([kept[row] for row in rows.tolist()]), size)


def _picture(
    dataset: ClassDataset,
    transform: Transform | None,
    row: int,
    mask: NDArray[np.float32],
    value: float,
) -> Picture:
    masked = _data(overlaid(dataset.shown(row, transform), mask))
    return _plain(dataset, transform, row, value)._replace(masked=masked)


def _visible(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An input of a network as people see it: (h, w) or (h, w, 3)."""
    return image[0] if len(image) != 3 else image.transpose(1, 2, 0)


def _data(image: NDArray[np.uint8]) -> str:
    """Encode a picture, its longer side at most `SIDE` pixels, as the address of an ``img``."""
    picture = Image.fromarray(np.ascontiguousarray(image))
    picture.thumbnail((SIDE, SIDE))
    written = io.BytesIO()
    picture.save(written, format="JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode()}"


def words(row: Mapping[str, Any]) -> str:
    """Say what was measured of a feature.

    Parameters
    ----------
    row : mapping of str to values
        From `sensitivity.measure`.

    Returns
    -------
    str
    """
    parts = [
        f"noise in its masks changes the margin by {row['response']:+.2f}, elsewhere by "
        f"{row['control']:+.2f} (difference {row['low']:+.2f} to {row['high']:+.2f})",
        f"accuracy of the images that show it most less least: {100 * row['gap']:+.0f} points",
    ]
    if row["auc"] == row["auc"]:
        parts.append(f"AUC of images with the planted artefact {row['auc']:.2f}")
    if row["iou"] == row["iou"]:
        parts.append(f"overlap with planted pixels {row['iou']:.2f}")
    return "; ".join(parts)


def scored(scores: Scores) -> str:
    """Say how accurate a network is about a class with noise where its features are.

    Parameters
    ----------
    scores : Scores
        From `sensitivity.score`.

    Returns
    -------
    str
    """
    parts = [f"Accuracy {scores.clean:.0%} of the images that noise is put into"]
    for noise, value, control in (
        ("noise on spurious features", scores.core, scores.core_control),
        ("noise on core features", scores.spurious, scores.spurious_control),
    ):
        if value == value:
            parts.append(f"with {noise} {value:.0%} (elsewhere {control:.0%})")
    return ", ".join(parts)
