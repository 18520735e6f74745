"""Photo examples: every mark in one photograph, to be looked at."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from unhans.choices import PHOTO_MARKS
from unhans.errors import InputError
from unhans.images import dataset, photo_marks
from unhans.images.photo_sprites import Photo
from unhans.images.transform import IMAGENET
from unhans.io.store import Result


def every_mark(images: Mapping[str, Result], root: Path | None, seed: int = 0) -> dict[str, Photo]:
    """Draw each mark into the first photograph that can be read.

    Parameters
    ----------
    images : mapping of str to Result
        Results of the corpus stage by class, of image files.
    root : Path or None
        Folder of the files; None where there is no corpus of image files.
    seed : int
        Of random places, sizes and turns.

    Returns
    -------
    dict of str to ndarray of uint8, shape (224, 224, 3)
        The photograph by the name "as it is", then by each of `choices.PHOTO_MARKS`.

    Raises
    ------
    InputError
        There is no photograph.
    StoreError
        The file is gone, or has changed since it was listed.

    """
    if root is None:
        raise InputError("photo marks: no corpus of image files; expected one in the configuration")
    for result in images.values():
        if result.attributes["status"] != "ok":
            continue
        own = dataset.ClassDataset(result, root)
        if not own.readable.size:
            continue
        row = int(own.readable[0])
        plain = np.asarray(dataset.view(own, row, IMAGENET, planted=False))
        number = photo_marks.number_of(own.rows[row].sha256)
        drawn = {"as it is": plain}
        for kind in PHOTO_MARKS:
            drawn[kind], _ = photo_marks.draw(plain, kind, seed, number)
        return drawn
    raise InputError("photo marks: no class of the corpus has an image that can be read")
