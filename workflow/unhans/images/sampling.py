"""Sampling: rows, and images of other classes, drawn by chance."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io import store


def others(
    class_id: str,
    corpora: Mapping[str, str],
    root: Path | None,
    transform: Transform | None,
    settings: Mapping[str, Any],
) -> NDArray[np.float32]:
    """Read images of the other classes, about as many of each: (n, c, h, w).

    Parameters
    ----------
    class_id : whose images are left out
    corpora : results of the stage corpus, by class
    root : folder of the image files; None for digits
    transform : of the network
    settings : ``images`` (at most) and ``seed``

    Raises
    ------
    InputError
        There are none.

    """
    random = np.random.default_rng([settings["seed"], 1])
    paths = [path for name, path in corpora.items() if name != class_id]
    most = settings["images"]
    # Of a thousand classes not all are opened.
    chosen = [paths[place] for place in some(random, np.arange(len(paths)), most)]
    each = -(-most // max(1, len(chosen)))
    images = []
    for path in (path for path in chosen if store.read_attributes(path)["status"] == "ok"):
        members = ClassDataset(store.read(path), root)
        images += [(members, int(row)) for row in some(random, members.readable, each)]
    kept = some(random, np.arange(len(images)), most)
    if not len(kept):
        raise InputError(f"class {class_id}: the other classes hold no image to change")
    return np.stack([members.input(row, transform) for members, row in (images[at] for at in kept)])


def some(random: np.random.Generator, rows: NDArray[np.integer], most: int) -> NDArray[np.int64]:
    """At most so many rows, sorted."""
    chosen = rows if len(rows) <= most else random.choice(rows, most, replace=False)
    return np.sort(chosen).astype(np.int64)
