"""Dataset: the images of one class, as its network is given them and as people see them.

A corpus is kept a class at a time, so that a further class leaves the others as they are. Pixels of
image files are read again when they are needed, and the files must then have the digests listed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unhans.errors import InputError, SetAsideError, StoreError
from unhans.images import decoding, digits, image_folder, photo_marks
from unhans.images import transform as transforms
from unhans.images.depth import Levels
from unhans.images.transform import Transform
from unhans.io.store import Result


class Row(NamedTuple):
    """One image of a class: a line of the manifest.

    Parameters
    ----------
    image : str
        Its name.
    split : str
        That it belongs to.
    path : str
        Within the root of the corpus.
    sha256 : str
        Of the file's bytes, or of a digit's pixels; empty unless it is an image.
    status : str
        ``ok``, or the reason why it was set aside.
    artefact : str
        Kind of the artefact planted in it; empty for none.
    remark : str
        What a person should know of how it was read; empty for most.

    """

    image: str
    split: str
    path: str
    sha256: str
    status: str
    artefact: str
    remark: str = ""


class ClassDataset:
    """The images of one class, as the corpus stage wrote them.

    Parameters
    ----------
    result : Result
        Of the corpus stage.
    root : Path or None
        Folder of the image files; None for digits, whose pixels are in the result.

    """

    def __init__(self, result: Result, root: Path | None) -> None:
        self.result, self.root = result, root
        listed = json.loads(result["listing"].tobytes())
        self.rows = [Row(*fields) for fields in listed["rows"]]
        self.splits: list[str] = list(result.attributes["splits"])
        self.index: int = listed["index"]
        self.bits: int = listed.get("bits", 0)
        self.readable: NDArray[np.int64] = np.array(
            [place for place, row in enumerate(self.rows) if row.status == "ok"], dtype=np.int64
        )

    @property
    def artefact(self) -> NDArray[np.int64]:
        """Artefact of each row.

        Returns
        -------
        ndarray of int, shape (n,)
            0 for none, else 1 + index in the config's list of plantings.

        """
        found = self.result.arrays.get("artefact")
        return np.zeros(len(self.rows), dtype=np.int64) if found is None else found

    def require_some(self) -> None:
        """Refuse a class without any image.

        Raises
        ------
        InputError
            No file is an image; the message gives the reason of the first one.

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
        """Find the split of rows.

        Parameters
        ----------
        rows : iterable of int
            Of the class.

        Returns
        -------
        ndarray of int, shape (n,)
            Index into ``splits``.

        """
        return np.array([self.splits.index(self.rows[row].split) for row in rows], dtype=np.int64)

    def input(self, row: int, transform: Transform | None) -> NDArray[np.float32]:
        """Read an image as its network takes it.

        Parameters
        ----------
        row : int
            Of the class.
        transform : Transform or None
            Of the network; None for digits.

        Returns
        -------
        ndarray of float32, shape (c, h, w)

        Raises
        ------
        StoreError
            The file is gone, or has changed since it was listed.
        InputError
            The image cannot be transformed; it alone is to be set aside.

        """
        if self.root is None:
            image = digits.as_inputs(self.result["image"][row : row + 1])
            return np.asarray(image[0])
        used = _given(transform)
        return used.normal(np.asarray(view(self, row, used)))

    def input_shape(self, transform: Transform | None) -> tuple[int, ...]:
        """Return the shape of an input without reading it.

        Parameters
        ----------
        transform : Transform or None
            Of the network; None for digits.

        Returns
        -------
        tuple of int
            (c, h, w).

        """
        if self.root is None:
            return (1, *self.result["image"].shape[1:])
        side = _given(transform).crop
        return (_given(transform).channels, side, side)

    def shown(self, row: int, transform: Transform | None) -> NDArray[np.uint8]:
        """Read the part of an image that its network is given, as people see it.

        Parameters
        ----------
        row : int
            Of the class.
        transform : Transform or None
            Of the network; None for digits.

        Returns
        -------
        ndarray of uint8, shape (h, w) or (h, w, 3)

        Raises
        ------
        StoreError
            The file is gone, or has changed since it was listed.
        InputError
            The image cannot be transformed; it alone is to be set aside.

        """
        if self.root is None:
            return np.asarray(self.result["image"][row])
        return transforms.visible(view(self, row, _given(transform)))


def view(
    dataset: ClassDataset, row: int, transform: Transform, planted: bool = True
) -> Image.Image:
    """Read the part of a photograph that its network is given.

    Parameters
    ----------
    dataset : ClassDataset
        Of image files.
    row : int
        Of the class.
    transform : Transform
        Of the network.
    planted : bool
        Draw the artefact that is planted in it, if any; False gives the photograph of the file.

    Returns
    -------
    Image
        Of the mode of the network's channels.

    Raises
    ------
    StoreError
        The file is gone, or has changed since it was listed.
    InputError
        The image cannot be transformed, or is too small for its artefact.

    """
    listed, root = dataset.rows[row], Path(str(dataset.root))
    seen = transforms.view(
        transform, _read(listed, dataset.result, root, transform.channels, dataset.bits)
    )
    return marked(dataset, row, seen) if planted else seen


def marked(dataset: ClassDataset, row: int, seen: Image.Image) -> Image.Image:
    """Draw the artefact that is planted in a photograph, if any.

    Parameters
    ----------
    dataset : ClassDataset
        Of image files.
    row : int
        Of the class.
    seen : Image
        The part of the photograph that a network is given.

    Returns
    -------
    Image
        Of the same mode.

    Raises
    ------
    InputError
        The view is too small for its artefact.

    """
    if not dataset.artefact[row]:
        return seen
    entry = _settings(dataset.result)["planting"][dataset.artefact[row] - 1]
    number = photo_marks.number_of(dataset.rows[row].sha256)
    return photo_marks.into_view(seen, entry["kind"], entry["seed"], number)


def original(dataset: ClassDataset, row: int) -> tuple[Image.Image, Path | None]:
    """Read a whole image, as it is before any network resizes or cuts it.

    Parameters
    ----------
    dataset : ClassDataset
        The class's images.
    row : int
        Of the class.

    Returns
    -------
    image : Image
        Of mode RGB, upright; of a digit of mode L.
    path : Path or None
        Of its file; None of a digit.

    Raises
    ------
    StoreError
        The file is gone, or has changed since it was listed.

    """
    listed, root = dataset.rows[row], dataset.root
    if root is None:
        return Image.fromarray(np.asarray(dataset.result["image"][row])), None
    found = _read(listed, dataset.result, root, 3, dataset.bits)
    return found, image_folder.inside(root, listed.path)


class DisplayImages(Sequence[NDArray[np.uint8]]):
    """Images of a class as people see them, each read when it is asked for.

    Parameters
    ----------
    dataset : ClassDataset
        The class's images.
    rows : sequence of int
        Of the class.
    transform : Transform or None
        Of the network; None for digits.

    """

    def __init__(
        self,
        dataset: ClassDataset,
        rows: Sequence[int] | NDArray[np.integer],
        transform: Transform | None,
    ) -> None:
        self._dataset, self._rows, self._transform = dataset, rows, transform

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: Any) -> Any:
        """Read one image: (h, w) or (h, w, 3) uint8."""
        return self._dataset.shown(int(self._rows[place]), self._transform)


def some_inputs(
    results: Mapping[str, Result], transform: Transform | None, root: Path | None, count: int = 4
) -> NDArray[np.float32] | None:
    """Read the first images of a corpus that can be read.

    Parameters
    ----------
    results : mapping of str to Result
        Of the corpus stage, by class.
    transform : Transform or None
        Of the network; None for digits.
    root : Path or None
        Of the corpus's files; None for digits.
    count : int
        Images.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w), or None
        At most ``count``, and None where no image can be read.

    """
    found: list[NDArray[np.float32]] = []
    for name in results:
        try:
            dataset = ClassDataset(results[name], root)
            found += [dataset.input(int(row), transform) for row in dataset.readable[:count]]
        except (InputError, StoreError, SetAsideError):
            continue  # the class will say so itself
        if len(found) >= count:
            break
    return np.stack(found[:count]) if found else None


def _given(transform: Transform | None) -> Transform:
    if transform is None:
        raise InputError(
            "a network for digits cannot see photographs; expected one with a transform"
        )
    return transform


def _settings(result: Result) -> Mapping[str, Any]:
    """Settings of the corpus that a class belongs to."""
    found: Mapping[str, Any] = result.attributes["lineage"]["corpus"]["parameters"]
    return found


def _read(row: Row, result: Result, root: Path, channels: int, bits: int) -> Image.Image:
    """Read an image file, which must be the one that was listed."""
    settings = _settings(result)
    window = settings.get("window")
    levels = Levels(settings.get("bits"), max(bits, 8), window and (window[0], window[1]))
    given = settings["upright"], settings["max_pixels"], channels == 4, levels
    path = image_folder.inside(root, row.path)
    try:
        found = decoding.read(path, *given)
    except InputError as error:
        raise StoreError(f"{path}: {error}; it could be read when the manifest was made") from None
    if found.sha256 != row.sha256:
        raise StoreError(
            f"{path}: has changed since the manifest was made; delete {result.path} and run again"
        )
    return found.image
