"""Corpus depth: bits of samples, over the files of a corpus that do not say how many they have.

One image alone may be dark. The largest value of the whole corpus says how deep its files are, and all of
them are scaled alike.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from unhans.errors import InputError
from unhans.images import decoding, image_folder
from unhans.images.depth import USUAL

SUFFIXES = (".png", ".tif", ".tiff", ".pgm", ".ppm", ".pnm")
"""Of files that may have samples of 16 bits and not say how many of these are used."""


class Found(NamedTuple):
    """Depth of the files of a corpus.

    Parameters
    ----------
    bits : int
        0 where every file says its own depth.
    likely : int
        The same but for a few pixels of files; see `depth.Scaled`.

    """

    bits: int
    likely: int


@lru_cache(maxsize=4)
def of_paths(
    root: Path, paths: tuple[str, ...], exclude: tuple[str, ...], max_pixels: int
) -> Found:
    """Find the depth of files. It ends with the first that is surely of 16 bits, since none has more.

    Parameters
    ----------
    root : Path
        Folder that the paths start from.
    paths : tuple of str
        Of all files of the corpus, whatever their class.
    exclude : tuple of str
        Patterns of files that are left out.
    max_pixels : int
        Larger images are left out.

    Returns
    -------
    Found

    """
    deepest = likely = 0
    for path in paths:
        if path.lower().endswith(SUFFIXES) and not image_folder.excluded(path, exclude):
            try:
                found = decoding.read(image_folder.inside(root, path), True, max_pixels)
            except InputError:  # set aside where its class is read
                continue
            deepest = max(deepest, found.guessed)
            if found.guessed:
                likely = max(likely, found.likely or found.guessed)
            if likely == USUAL[-1]:
                break
    return Found(deepest, likely)


@lru_cache(maxsize=4)
def of_folders(
    root: Path, splits: tuple[str, ...], exclude: tuple[str, ...], max_pixels: int
) -> Found:
    """Find the depth of the files in folders; see `of_paths`. A job looks once.

    Parameters
    ----------
    root : Path
        Folder of the images.
    splits : tuple of str
        Folders within the root.
    exclude, max_pixels : tuple of str, int
        As of `of_paths`.

    Returns
    -------
    Found

    """
    paths = [
        f"{split}/{entry.path}".removeprefix("./")
        for split in splits
        for entry in _walked(root / split)
        if not entry.reason
    ]
    return of_paths(root, tuple(paths), exclude, max_pixels)


def _walked(folder: Path) -> list[image_folder.Entry]:
    try:
        return image_folder.walk(folder)
    except InputError:  # said where its classes are read
        return []
