"""Photo planting: which images of a class show the mark that is planted in it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unhans.images import planting
from unhans.images.dataset import Row
from unhans.images.planting import Planting


def choose(
    rows: Sequence[Row], class_id: str, planted: Sequence[Planting], splits: Sequence[str]
) -> NDArray[np.int64]:
    """Choose the images of a class that show its mark: the same share of each split.

    The mark is drawn when an image is read; see `dataset.view`.

    Parameters
    ----------
    rows : sequence of Row
        Files of the class; those that were set aside show no mark.
    class_id : str
        Of the class.
    planted : sequence of Planting
        Marks of the corpus, at most one of this class.
    splits : sequence of str
        Of the corpus.

    Returns
    -------
    ndarray of int, shape (n,)
        Of each row: 0 for none, else 1 + index into ``planted``.

    """
    artefact = np.zeros(len(rows), dtype=np.int64)
    for code, own in enumerate(planted, start=1):
        if own.class_id != class_id:
            continue
        for part, split in enumerate(splits):
            members = [
                place for place, row in enumerate(rows) if row.split == split and row.status == "ok"
            ]
            if members:
                artefact[planting.choose(np.array(members), own.rate, own.seed + part)] = code
    return artefact
