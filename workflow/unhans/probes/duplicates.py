"""Duplicates: images that are there more than once, across classes and splits first."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from unhans.images.dataset import ClassDataset
from unhans.io.store import Result
from unhans.probes import near_hashes

COLUMNS = [
    *("group", "kind", "across", "images", "class", "name", "split", "image", "path", "distance"),
]

ACROSS = ("classes and splits", "classes", "splits", "neither")
"""What the images of a group lie in several of, the gravest first."""

AT_ONCE = 20_000
"""Pairs that are compared at once."""

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Places of both images, and bits that their hashes differ in."""


class Images(NamedTuple):
    """What images are compared by.

    Parameters
    ----------
    classes : list of str
        Ids of the classes that were measured.
    label, row, split : ndarray of int, shape (n,)
        Class of each image, its row in the listing of the class, and its split.
    digest : ndarray of uint8, shape (n, 16)
        Of the pixels.
    hash : ndarray of uint64, shape (n,)
        Perceptual hash.

    """

    classes: list[str]
    label: NDArray[np.int64]
    row: NDArray[np.int64]
    split: NDArray[np.int64]
    digest: NDArray[np.uint8]
    hash: NDArray[np.uint64]


def find(
    measured: Mapping[str, Result],
    corpora: Mapping[str, Result],
    names: Mapping[str, str],
    *,
    bits: int,
    likeness: float,
) -> pd.DataFrame:
    """Find the groups of duplicates and near-duplicates of a corpus.

    Parameters
    ----------
    measured : mapping of str to Result
        Results of the stage `properties`, by class.
    corpora : mapping of str to Result
        Results of the corpus stage, by class; of a lazy mapping, only classes with duplicates are opened.
    names : mapping of str to str
        Names of the classes by id.
    bits : int
        Images are compared if their hashes differ in at most so many bits.
    likeness : float
        Least correlation of the small grey images of near-duplicates.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, a row for each image of a group. A group is of images that are joined by pairs:
        the first and the last of a row of near-duplicates may differ by more. ``distance`` is the least
        number of bits by which its hash differs from that of another image that it is joined with.

    """
    images = gather(measured)
    pairs = joined(images, measured, bits, likeness)
    group, distance = _grouped(len(images.label), pairs)
    return _tabulate(images, group, distance, corpora, names)


def gather(measured: Mapping[str, Result]) -> Images:
    """Gather what the images of a corpus are compared by.

    Parameters
    ----------
    measured : mapping of str to Result
        Results of the stage `properties`, by class.

    Returns
    -------
    Images

    """
    found = {name: measured[name] for name in measured}
    own = {name: one for name, one in found.items() if one.attributes["status"] == "ok"}
    parts = [[result[key] for key in ("row", "split", "digest", "hash")] for result in own.values()]
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Images([], none, none, none, np.zeros((0, 16), np.uint8), none.astype(np.uint64))
    label = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    row, split, digest, hashed = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Images(list(own), label, row, split, digest, hashed)


def joined(images: Images, measured: Mapping[str, Result], bits: int, likeness: float) -> Pairs:
    """Find pairs of images that are the same or nearly so.

    Parameters
    ----------
    images : Images
        Of a corpus.
    measured : mapping of str to Result
        Results of the stage `properties`, by class.
    bits, likeness : int, float
        See `find`.

    Returns
    -------
    first, second, distance : ndarray of int, shape (m,)
        Each exact duplicate with the first image of the same pixels; of near-duplicates with other pixels
        the first images alone.

    """
    _, once, same = np.unique(images.digest, axis=0, return_index=True, return_inverse=True)
    again = np.setdiff1d(np.arange(len(images.label)), once)
    originals = np.sort(once)
    first, second, distance = near_hashes.pairs(images.hash[originals], bits)
    first, second = originals[first], originals[second]
    is_like = _correlation(images, measured, first, second) >= likeness
    exact = once[same.ravel()[again]], again, np.zeros(len(again), dtype=np.int64)
    near = first[is_like], second[is_like], distance[is_like]
    return tuple(np.concatenate(both) for both in zip(exact, near, strict=True))  # type: ignore[return-value]


def describe(table: pd.DataFrame) -> str:
    """Count the groups.

    Parameters
    ----------
    table : DataFrame
        From `find`.

    Returns
    -------
    str
        A line, and one for each way in which groups lie across classes and splits.

    """
    groups = table.drop_duplicates("group")
    lines = [f"duplicates: {len(groups)} groups, {len(table)} images"]
    for across in ACROSS:
        own = groups[groups["across"] == across]
        if len(own):
            exact = int((own["kind"] == "exact").sum())
            lines.append(f"  across {across}: {exact} exact, {len(own) - exact} near")
    return "\n".join(lines)


def correlation(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Correlate images pixel by pixel.

    Parameters
    ----------
    first, second : ndarray of uint8, shape (m, h, w)
        Grey images.

    Returns
    -------
    ndarray of float, shape (m,)
        Pearson's; -1 where one image is of one brightness, which is like any other.

    """
    a, b = (
        part.reshape(len(part), int(np.prod(part.shape[1:]))).astype(np.float64)
        for part in (first, second)
    )
    a, b = (part - part.mean(axis=1, keepdims=True) for part in (a, b))
    length = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    found: NDArray[np.float64] = np.divide(
        (a * b).sum(axis=1), length, out=np.full(len(a), -1.0), where=length > 0
    )
    return found


def _correlation(
    images: Images,
    measured: Mapping[str, Result],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Correlation of pairs; only the images among them are read and kept."""
    needed = np.unique(np.concatenate([first, second]))
    starts = np.searchsorted(images.label, np.arange(len(images.classes)))
    small = [
        measured[images.classes[one]]["small"][needed[images.label[needed] == one] - starts[one]]
        for one in np.unique(images.label[needed]).tolist()
    ]
    if not small:
        return np.zeros(0)
    every = np.concatenate(small)
    a, b = np.searchsorted(needed, first), np.searchsorted(needed, second)
    found = [
        correlation(every[a[at : at + AT_ONCE]], every[b[at : at + AT_ONCE]])
        for at in range(0, len(a), AT_ONCE)
    ]
    return np.concatenate(found)


def _grouped(n: int, pairs: Pairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Group of each image, and its least distance from another; -1 of those without a pair."""
    first, second, distance = pairs
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(n, n))
    _, group = connected_components(graph, directed=False)
    least = np.full(n, -1, dtype=np.int64)
    if len(first):
        least[np.concatenate([first, second])] = 64
        for side in (first, second):
            np.minimum.at(least, side, distance)
    return np.where(least < 0, -1, group), least


def _tabulate(
    images: Images,
    group: NDArray[np.int64],
    distance: NDArray[np.int64],
    corpora: Mapping[str, Result],
    names: Mapping[str, str],
) -> pd.DataFrame:
    places = np.nonzero(group >= 0)[0]
    opened: dict[int, ClassDataset] = {}
    members: dict[int, list[int]] = {}
    for place in places.tolist():
        label = int(images.label[place])
        if label not in opened:
            opened[label] = ClassDataset(corpora[images.classes[label]], None)
        members.setdefault(int(group[place]), []).append(place)
    ordered = sorted(members.values(), key=lambda own: _order(images, own))
    rows = []
    for number, own in enumerate(ordered, start=1):
        same = len(np.unique(images.digest[own], axis=0)) == 1
        common = {"group": number, "kind": "exact" if same else "near", "images": len(own)}
        common["across"] = ACROSS[_across(images, own)]
        for place in own:
            label = int(images.label[place])
            listed, class_id = opened[label].rows[int(images.row[place])], images.classes[label]
            where = {
                "class": class_id,
                "name": names.get(class_id, class_id),
                "split": listed.split,
            }
            image = {"image": listed.image, "path": listed.path, "distance": int(distance[place])}
            rows.append({**common, **where, **image})
    return pd.DataFrame(rows, columns=COLUMNS)


def _across(images: Images, own: list[int]) -> int:
    """Place in `ACROSS` of what a group's images lie in several of."""
    classes, splits = (len(np.unique(part[own])) > 1 for part in (images.label, images.split))
    return {(True, True): 0, (True, False): 1, (False, True): 2, (False, False): 3}[classes, splits]


def _order(images: Images, own: list[int]) -> tuple[int, bool, int]:
    is_near = len(np.unique(images.digest[own], axis=0)) > 1
    return _across(images, own), is_near, own[0]
