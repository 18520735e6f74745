"""Suffixes: which files are images by their names. It needs no package, so that planning may ask it."""

import os

# fmt: off
SUFFIXES = frozenset({
    ".bmp", ".dcm", ".dicom", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".mpo",
    ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp",
})
# fmt: on
"""Suffixes of files that `decoding` reads; upper case counts as lower case."""


def may_be_image(name: str) -> bool:
    """Whether a file may be an image by its name.

    Parameters
    ----------
    name : str
        Of the file, without its folder.

    Returns
    -------
    bool
        False for hidden files and those with a suffix of no image.

    """
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES
