"""Manifest: every image of a corpus, and what became of it."""

import os
from collections.abc import Iterable

import pandas as pd

from unhans.images.dataset import ClassDataset
from unhans.io import store

COLUMNS = ["image", "class", "split", "path", "sha256", "status", "artefact"]

SUMMARY = ["class", "name", "split", "status", "images"]


def gather(paths: Iterable[str | os.PathLike[str]]) -> pd.DataFrame:
    """Gather the images of all classes, set aside or not.

    Parameters
    ----------
    paths : results of the corpus stage, one a class

    Returns
    -------
    one row an image: image, class (its id), name (of the class), split, path (within the root),
    sha256 (of the file), status (``ok``, or why it was set aside), artefact (empty for none)

    """
    rows = []
    for class_id, result in store.read_all(paths).items():
        name = result.attributes["name"]
        for row in ClassDataset(result, root=None).rows:
            own = {"class": class_id, "name": name, "split": row.split, "path": row.path}
            said = {"sha256": row.sha256, "status": row.status, "artefact": row.artefact}
            rows.append({"image": row.image, **own, **said})
    return pd.DataFrame(rows, columns=[*COLUMNS, "name"])


def summarise(manifest: pd.DataFrame) -> pd.DataFrame:
    """Count images by class, split and status; the first rows, without a class, count them all.

    Parameters
    ----------
    manifest : as `gather` makes it

    Returns
    -------
    class, name, split, status, images

    """
    everything = manifest.groupby(["split", "status"], sort=True).size().reset_index(name="images")
    everything = everything.assign(**{"class": "", "name": "all"})
    own = manifest.groupby(["class", "name", "split", "status"], sort=False).size()
    aside = own.reset_index(name="images")
    aside = aside[aside["status"] != "ok"]
    return pd.concat([everything, aside])[SUMMARY].reset_index(drop=True)


def in_words(corpus: str, manifest: pd.DataFrame) -> str:
    """Say how many images a corpus has and how many were set aside for which reason."""
    count = manifest["status"].value_counts()
    readable = int(count.get("ok", 0))
    lines = [f"manifest: {corpus}: {readable} images of {manifest['class'].nunique()} classes"]
    lines += [f"  {number} set aside: {why}" for why, number in count.items() if why != "ok"]
    return "\n".join(lines)
