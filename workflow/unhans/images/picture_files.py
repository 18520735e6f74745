"""Picture files: whether one that a run has drawn is whole."""

from pathlib import Path

from PIL import Image

from unhans.errors import StoreError, one_line


def check(path: Path) -> None:
    """Refuse a picture that is damaged or cut.

    Parameters
    ----------
    path : Path
        The file, of any format that Pillow reads.

    Raises
    ------
    StoreError
        It cannot be read to its end, or the checksum of a piece is wrong.

    """
    try:
        with Image.open(path) as picture:
            picture.verify()  # checksums of all pieces
        with Image.open(path) as picture:
            picture.load()
    except Exception as error:  # a damaged picture raises many kinds of errors
        raise StoreError(f"{path}: no picture ({one_line(error)})") from error
