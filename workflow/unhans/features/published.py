"""Published: votes and soft masks of Salient ImageNet, as their authors publish them.

Users download both themselves: a table of votes (``discover_spurious_features.csv``), and a folder with
``<WordNet id>/image_names_map.csv`` (a column a feature) and
``<WordNet id>/feature_<number>/<image>.JPEG``. Nothing of the folder is run.

References
----------
Singla & Feizi 2022, section 3.3.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import ConfigError, InputError, printed
from unhans.features import soft_masks
from unhans.features.answers import CORE, SPURIOUS, Answer
from unhans.images import decoding
from unhans.images.depth import Levels
from unhans.images.label_table import read_table

COLUMNS = (
    *("WorkerId", "Input.wordnet_id", "Input.class_index", "Input.feature_index"),
    *("Input.feature_rank", "Answer.main", "Answer.confidence", "Answer.reasons"),
)
"""Columns of the table of votes."""

VOTES = {"main_object": CORE, "separate_object": "separate_object", "background": "background"}
"""What a vote says, by the answer."""

MOST = 3
"""Votes that decide."""

SYNSET = re.compile(r"n\d{8}")
NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
PIXELS = 10**8


class Published(NamedTuple):
    """What was voted of a feature.

    Parameters
    ----------
    synset : str
        WordNet id of the class.
    class_index, feature : int
        Output of the class, and neuron of the robust ResNet-50.
    rank : int
        By importance, from 1 to 5.
    label : str
        ``core``, ``separate_object`` or ``background``; ``spurious`` where three votes together say one
        of the latter.
    votes : dict of str to int
        Number by answer.
    """

    synset: str
    class_index: int
    feature: int
    rank: int
    label: str
    votes: dict[str, int]


def read_votes(path: str | Path) -> list[Published]:
    """Read the published votes.

    Parameters
    ----------
    path : str or Path
        Table with `COLUMNS`.

    Returns
    -------
    list of Published
        One a class and feature, in the order of the table.

    Raises
    ------
    ConfigError
        The table cannot be read, lacks a column, or a cell is not valid.
    """
    votes: dict[tuple[str, int, int, int], Counter[str]] = defaultdict(Counter)
    for place, line in enumerate(read_table(Path(path), COLUMNS, "votes")):
        where = f"votes: {path}: row {place + 1}"
        synset, answer = line["Input.wordnet_id"], line["Answer.main"]
        if not SYNSET.fullmatch(synset):
            raise ConfigError(
                f"{where}: '{printed(synset[:80])}'; expected a WordNet id, n01440764"
            )
        if answer not in VOTES:
            raise ConfigError(
                f"{where}: answer '{printed(answer[:80])}'; expected one of {', '.join(VOTES)}"
            )
        numbers = [
            line[f"Input.{name}"] for name in ("class_index", "feature_index", "feature_rank")
        ]
        if not all(number.isdecimal() and len(number) < 10 for number in numbers):
            raise ConfigError(f"{where}: class, feature or rank is no number; expected numbers")
        class_index, feature, rank = map(int, numbers)
        votes[synset, class_index, feature, rank][answer] += 1
    return [Published(*key, decide(found), dict(found)) for key, found in votes.items()]


def decide(votes: Counter[str]) -> str:
    """Label a feature by its votes.

    Parameters
    ----------
    votes : Counter
        Number by answer.

    Returns
    -------
    str
        See `Published`.
    """
    others = {answer: votes[answer] for answer in SPURIOUS[1:]}
    if sum(others.values()) < MOST:
        return CORE
    return next((answer for answer, count in others.items() if count >= MOST), SPURIOUS[0])


def as_answers(found: Iterable[Published], corpus: str, model: str) -> list[Answer]:
    """Give the labels of published features as a person's, for the network that they are of.

    Parameters
    ----------
    found : iterable of Published
        From `read_votes`.
    corpus, model : str
        Names of the corpus and of the network, a ResNet-50 with the published robust weights.

    Returns
    -------
    list of Answer
        Rows for a table of labels. Features whose votes disagree on the kind have none.
    """
    return [
        Answer(corpus, model, one.synset, f"neuron{one.feature}", one.label)
        for one in found
        if one.label != SPURIOUS[0]
    ]


def masked_images(root: str | Path, synset: str, features: Iterable[int]) -> dict[str, list[int]]:
    """List the images that have published masks of some features.

    Parameters
    ----------
    root : str or Path
        Folder of the published masks.
    synset : str
        WordNet id of the class.
    features : iterable of int
        Of the class.

    Returns
    -------
    dict of str to list of int
        Features by the name of the image.

    Raises
    ------
    ConfigError
        The class has no list, or the list lacks a feature or holds a name that is none.
    """
    _require(SYNSET, synset, "a WordNet id")
    path = Path(root) / synset / "image_names_map.csv"
    wanted = [str(int(feature)) for feature in features]
    found: dict[str, list[int]] = defaultdict(list)
    for line in read_table(path, wanted, "salient_imagenet"):
        for feature in wanted:
            if line[feature]:
                _require(NAME, line[feature], "the name of an image")
                found[line[feature]].append(int(feature))
    return dict(found)


def read_mask(
    root: str | Path, synset: str, image: str, features: Sequence[int]
) -> NDArray[np.float32]:
    """Read the published masks of an image, joined by their maximum.

    Parameters
    ----------
    root, synset : str or Path, str
        See `masked_images`.
    image : str
        Its name.
    features : sequence of int
        That it has masks of, one at least.

    Returns
    -------
    ndarray of float32, shape (h, w)
        From 0 to 1.

    Raises
    ------
    ConfigError
        A name is none.
    InputError
        A mask is missing or no image, or masks have not the same size.
    """
    _require(SYNSET, synset, "a WordNet id")
    _require(NAME, image, "the name of an image")
    if not features:
        raise InputError(f"{image}: no feature is named; expected one at least")
    masks = []
    for feature in features:
        path = Path(root) / synset / f"feature_{int(feature)}" / f"{image}.JPEG"
        if not path.is_file():
            raise InputError(f"{path}: no such file; expected a mask of Salient ImageNet")
        found = decoding.read(path, True, PIXELS, False, Levels(None, 8, None)).image
        masks.append(np.asarray(found.convert("L"), dtype=np.float32) / np.float32(255))
    if len({mask.shape for mask in masks}) > 1:
        raise InputError(f"{image}: its masks differ in size; expected one size")
    joined: NDArray[np.float32] = soft_masks.joined(np.stack(masks)[:, None])[0]
    return joined


def _require(pattern: re.Pattern[str], text: str, what: str) -> None:
    if not pattern.fullmatch(text):
        raise ConfigError(f"salient_imagenet: '{printed(text[:80])}'; expected {what}")
