"""Attributes: what else is known of each image - hospital, scanner, sex - from columns of a table.

They never enter a heatmap. They are shown beside images, and compared with the groups that are found. The
table is read when the workflow starts, and uses only the standard library.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

from unhans.errors import ConfigError, printed
from unhans.images import label_table, written_path

OWN = frozenset(
    {"image", "class", "name", "split", "path", "sha256", "status", "artefact", "remark"}
    | {"prediction", "correct", "logit", "rank"}
)
"""Columns that our tables and pages have already."""


class ImageAttributes(NamedTuple):
    """ImageAttributes of the images of a corpus.

    Parameters
    ----------
    columns : tuple of str
        Their names.
    values : mapping of str to tuple of str
        Of each image, by its path within the root; "" where a value is not known.

    """

    columns: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]

    def of(self, paths: Iterable[str]) -> dict[str, list[str]]:
        """Give the attributes of some images.

        Parameters
        ----------
        paths : iterable of str
            Within the root.

        Returns
        -------
        dict of str to list of str
            By column, one value an image; "" where it is not known.

        """
        nothing = ("",) * len(self.columns)
        rows = [self.values.get(path, nothing) for path in paths]
        return {name: [row[at] for row in rows] for at, name in enumerate(self.columns)}

    @property
    def digest(self) -> str:
        """Digest of all values, 16 hexadecimal digits."""
        content = json.dumps([self.columns, sorted(self.values.items())])
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def require_some(self, paths: Sequence[str], where: str) -> str:
        """Refuse a table of other images.

        Parameters
        ----------
        paths : sequence of str
            Of the images of the corpus, within the root.
        where : str
            The table, for messages.

        Returns
        -------
        str
            How many images have no row, in a line; "" where all have one, or no attribute is asked for.

        Raises
        ------
        ConfigError
            The table names none of the images.

        """
        if not self.columns:
            return ""
        lacking = [path for path in paths if path not in self.values]
        if not lacking:
            return ""
        if len(lacking) == len(paths):
            first = printed(next(iter(self.values), ""))
            raise ConfigError(
                f"{where}: names none of {len(paths)} images; expected paths within the root such as "
                f"'{printed(paths[0])}', not '{first}'"
            )
        named = label_table.listed(lacking)
        return f"{len(lacking)} of {len(paths)} images have no row in {where}: {named}"


NONE = ImageAttributes((), {})
"""Of a corpus whose configuration names none."""


@cache
def read(root: Path, table: str, columns: tuple[str, ...], key: str) -> ImageAttributes:
    """Read attributes of images.

    Parameters
    ----------
    root : Path
        Folder of the images.
    table : str
        File, within the root if it is relative: a column ``image`` and those of the attributes.
    columns : tuple of str
        Names of the attributes.
    key : str
        Of the corpus in the config, for messages.

    Returns
    -------
    ImageAttributes

    Raises
    ------
    ConfigError
        The table cannot be read, lacks a column, or gives an image two values.

    """
    where = f"{key}.attributes"
    own = [name for name in columns if name in OWN]
    if own:
        raise ConfigError(
            f"{where}.columns: '{own[0]}' is a column of the manifest or of the explorer already; "
            "expected other names"
        )
    path = root / Path(table).expanduser()
    values: dict[str, tuple[str, ...]] = {}
    for line, row in label_table.read_lines(path, ("image", *columns), f"{where}.table"):
        image = written_path.within(root, row["image"])
        found = tuple(row[name] for name in columns)
        if values.setdefault(image, found) != found:
            raise ConfigError(
                f"{where}.table: {path}: row {line} gives '{printed(image)}' other values than a row "
                f"before ({label_table.listed(found)}); expected one row for each image"
            )
    return ImageAttributes(columns, values)


def of_settings(
    settings: Mapping[str, object] | None, root: Path | None, key: str
) -> ImageAttributes:
    """Read the attributes that the settings of a stage name.

    Parameters
    ----------
    settings : mapping, or None
        ``table``, ``columns`` and ``digest``; None where the configuration names none.
    root : Path or None
        Folder of the images.
    key : str
        Of the corpus in the config, for messages.

    Returns
    -------
    ImageAttributes

    Raises
    ------
    ConfigError
        As `read` raises it, or the table has changed since the workflow started.

    """
    if not settings or root is None:
        return NONE
    table = str(settings["table"])
    found = read(root, table, tuple(cast("Sequence[str]", settings["columns"])), key)
    if found.digest != settings["digest"]:
        raise ConfigError(
            f"{key}.attributes.table: {root / table}: has changed since the run started; run again"
        )
    return found
