"""Manifest: every image of a corpus, with its status."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

import pandas as pd

from unhans.errors import StoreError, printed
from unhans.images import depth
from unhans.images.attributes import NONE, ImageAttributes
from unhans.images.dataset import ClassDataset
from unhans.io.store import Result

COLUMNS = ["image", "class", "split", "path", "sha256", "status", "artefact"]

SUMMARY = ["class", "name", "split", "status", "images"]


def gather(results: Mapping[str, Result], attributes: ImageAttributes = NONE) -> pd.DataFrame:
    """Gather the images of all classes, set aside or not.

    Parameters
    ----------
    results : mapping of str to Result
        Results of the corpus stage by class.
    attributes : ImageAttributes
        What else is known of the images.

    Returns
    -------
    DataFrame
        A row an image: image, class (its id), split, path (within the root), sha256 (of the file),
        status (``ok``, or the reason why it was set aside), artefact (empty for none), name (of the
        class), remark (on how it was read; empty for most), and a column for each attribute.

    Raises
    ------
    StoreError
        Classes of the corpus were read with different depths, since images came to it meanwhile.

    """
    rows = []
    depths: dict[int, str] = {}
    for class_id, result in results.items():
        dataset = ClassDataset(result, root=None)
        depths.setdefault(dataset.bits, f"{dataset.bits} bits in class {class_id}")
        for row in dataset.rows:
            own = {"class": class_id, "name": result.attributes["name"]}
            rows.append({**row._asdict(), **own})
    depths.pop(0, None)
    if len(depths) > 1:
        raise StoreError(
            f"files of 16 bits are read as {' and as '.join(depths.values())}, since images came to the "
            "corpus after its first classes were read; delete the folder of its classes "
            f"({result.path.parent}) and run again, or set bits of the corpus"
        )
    table = pd.DataFrame(rows, columns=[*COLUMNS, "name", "remark"])
    for name, values in attributes.of(table["path"]).items():
        table[name] = values
    return table


def summarise(manifest: pd.DataFrame) -> pd.DataFrame:
    """Count images by class, split and status; the first rows, without a class, count them all.

    Parameters
    ----------
    manifest : DataFrame
        As `gather` makes it.

    Returns
    -------
    DataFrame
        Columns `SUMMARY`.

    """
    everything = manifest.groupby(["split", "status"], sort=True).size().reset_index(name="images")
    everything = everything.assign(**{"class": "", "name": "all"})
    own = manifest.groupby(["class", "name", "split", "status"], sort=False).size()
    aside = own.reset_index(name="images")
    aside = aside[aside["status"] != "ok"]
    return pd.concat([everything, aside])[SUMMARY].reset_index(drop=True)


def describe(
    corpus: str,
    manifest: pd.DataFrame,
    notes: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> str:
    """Count the images of a corpus, and those set aside by their reason.

    Parameters
    ----------
    corpus : str
        Its name.
    manifest : DataFrame
        As `gather` makes it.
    notes : sequence of str
        What was noticed when the classes were found; see `class_index.Catalogue`.
    exclude : sequence of str
        Patterns of files that are set aside; those that match none are named too.

    Returns
    -------
    str
        A line, and one for each reason, remark and note.

    """
    count = manifest["status"].value_counts()
    readable = int(count.get("ok", 0))
    lines = [f"manifest: {corpus}: {readable} images of {manifest['class'].nunique()} classes"]
    lines += [f"  {number} set aside: {why}" for why, number in count.items() if why != "ok"]
    idle = [pattern for pattern in exclude if f"excluded by '{pattern}'" not in count]
    lines += [f"  0 set aside: excluded by '{pattern}'" for pattern in idle]
    remarks = manifest.loc[manifest["remark"] != "", "remark"].map(depth.kind).value_counts()
    lines += [f"  {number} {remark}" for remark, number in remarks.items()]
    lines += _masks(manifest.loc[manifest["status"] == "ok", "path"])
    return "\n".join([*lines, *(f"  {note}" for note in notes)])


MASK = re.compile(r"(.+)[_.-](?:mask|seg|segmentation|label|annotation|gt)s?", re.IGNORECASE)
"""Stem of a file that goes with another."""

MASKS = frozenset({"mask", "masks", "segmentation", "segmentations", "annotation", "annotations"})
"""Folders of such files."""


def _masks(paths: Iterable[str]) -> list[str]:
    """Say that files are named as the masks of others."""
    stems = {PurePosixPath(path).with_suffix("") for path in paths if PurePosixPath(path).name}
    found = []
    for stem in sorted(stems):
        named, folder = MASK.fullmatch(stem.name), stem.parent
        of = {folder.with_name(stem.name)} if folder.name.lower() in MASKS else set()
        of |= {stem.with_name(named[1])} if named else set()
        if of & stems:
            found.append(stem)
    if not found:
        return []
    return [
        f"  {len(found)} are named as masks of other images, such as {printed(str(found[0]))}: if that "
        "is what they are, leave them out by exclude"
    ]
