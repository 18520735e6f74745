"""Result tables: those of a run of the workflow, of all its corpora and networks, for a notebook."""

import os
import warnings
from collections.abc import Iterable, Mapping

import pandas as pd

from unhans import paths
from unhans.checks import shown
from unhans.errors import InputError, StoreError
from unhans.io import tsv
from unhans.paths import Analysis

RANKING = "ranking.tsv"

GROUP_TEXT = tsv.TEXT | {"source", "group", "indicator", "analysis"}
"""Columns of text of ``groups.tsv``: a group may be called 1."""

UNFINISHED = ("failed", "not computed")
"""Beginnings of the status of a class that a run which failed has no result of."""


class RankedResults:
    """The ranking of a run of the workflow, and the analyses that it names.

    Parameters
    ----------
    folder : path
        Folder of the results.

    Raises
    ------
    InputError, StoreError
        The folder is no path, or there is no ``ranking.tsv`` in it.

    Warns
    -----
    UserWarning
        The ranking is that of a run that failed: some classes have no result.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = as_folder(folder)
        self._ranking = tsv.read_tsv(paths.beside(self.folder, 0, None, RANKING))
        missing = unfinished(self._ranking)
        if missing:
            warnings.warn(
                f"{paths.beside(self.folder, 0, None, RANKING)} is partial: the run failed, and "
                f"{missing} of {len(self._ranking)} rows have no result; see the column status",
                stacklevel=2,
            )

    def __repr__(self) -> str:
        number = self._ranking["class"].nunique() if "class" in self._ranking else 0
        return (
            f"{type(self).__name__}({self.folder!r}): {number} classes, {len(self._ranking)} rows"
        )

    def ranking(self) -> pd.DataFrame:
        """Return the ranking: one row for each class of each analysis.

        Returns
        -------
        DataFrame
            Columns as in docs/reference/results.md. Of a run that failed, ``status`` says of which
            classes there is no result.
        """
        return self._ranking.copy()

    def analyses(self) -> list[Analysis]:
        """List the analyses of the run.

        Returns
        -------
        list of Analysis

        Raises
        ------
        StoreError
            The ranking lacks a column of a field, or its ``knn`` or ``q`` are no integers.
        """
        return _analyses(self._ranking, paths.beside(self.folder, 0, None, RANKING))


class ResultTables(RankedResults):
    """Tables of a run of the workflow; the base of `results.Results`.

    Parameters
    ----------
    folder : path
        Folder of the results.
    """

    def findings(self, **fields: str | int) -> pd.DataFrame:
        """Return what was found: one row for each class of each corpus, network and composite.

        Parameters
        ----------
        **fields
            ``corpus``, ``model`` and ``composite``, to choose some; all by default.

        Returns
        -------
        DataFrame
            ``corpus``, ``model``, ``composite``, and the columns of ``findings.tsv``.

        Raises
        ------
        InputError
            A field is unknown, or the fields choose nothing.
        StoreError
            A table is missing or damaged.
        """
        return self._joined("findings.tsv", 3, fields)

    def indicators(self, **fields: str | int) -> pd.DataFrame:
        """Return the signs behind the findings: one row for each indicator of each class.

        Parameters
        ----------
        **fields
            See `findings`.

        Returns
        -------
        DataFrame
            ``corpus``, ``model``, ``composite``, and the columns of ``findings_indicators.tsv``.

        Raises
        ------
        InputError, StoreError
            See `findings`.
        """
        return self._joined("findings_indicators.tsv", 3, fields)

    def groups(self, **fields: str | int) -> pd.DataFrame:
        """Return the images of every group and cluster that stands out: one row an image and group.

        Parameters
        ----------
        **fields
            See `findings`.

        Returns
        -------
        DataFrame
            The columns of ``groups.tsv``. ``row`` is the coordinate ``image`` of `Results.heatmaps`.

        Raises
        ------
        InputError, StoreError
            See `findings`.
        """
        table = read_groups(paths.beside(self.folder, 0, None, "groups.tsv"))
        return self._of_points(table, fields)

    def group_attributes(self, **fields: str | int) -> pd.DataFrame:
        """Return what is known of a group's images, beside those of its class: one row for each value.

        Parameters
        ----------
        **fields
            See `findings`.

        Returns
        -------
        DataFrame
            The columns of ``group_attributes.tsv``.

        Raises
        ------
        InputError, StoreError
            See `findings`; there is a table where a corpus names ``attributes``.
        """
        path = paths.beside(self.folder, 0, None, "group_attributes.tsv")
        table = tsv.read_tsv(path, GROUP_TEXT | {"attribute", "value"})
        return self._of_points(table, fields)

    def probes(self, **fields: str | int) -> pd.DataFrame:
        """Return the probes of whole classes: what tells them apart, and what moves the network.

        Parameters
        ----------
        **fields
            ``corpus`` and ``model``, to choose some; all by default.

        Returns
        -------
        DataFrame
            The columns of ``probes.tsv``.

        Raises
        ------
        InputError, StoreError
            See `findings`.
        """
        return self._joined("probes.tsv", 2, fields)

    def manifest(self, **fields: str | int) -> pd.DataFrame:
        """Return the images of the run: one row for each file of each corpus.

        Parameters
        ----------
        **fields
            ``corpus``, to choose one; all by default.

        Returns
        -------
        DataFrame
            ``corpus``, and the columns of ``manifest.tsv``.

        Raises
        ------
        InputError, StoreError
            See `findings`.
        """
        return self._joined("manifest.tsv", 1, fields)

    def _of_points(self, table: pd.DataFrame, fields: Mapping[str, str | int]) -> pd.DataFrame:
        """Take the rows of the corpora, networks and composites that some fields choose."""
        known = Analysis._fields[:3]
        points = {analysis[:3] for analysis in matching(self.analyses(), fields, known)}
        own = table[list(known)].itertuples(index=False, name=None)
        return table[[point in points for point in own]].reset_index(drop=True)

    def _joined(self, name: str, depth: int, fields: Mapping[str, str | int]) -> pd.DataFrame:
        """Join the tables of this name of all points of the grid that some fields choose."""
        chosen = matching(self.analyses(), fields, Analysis._fields[:depth])
        if not chosen:
            named = ", ".join(f"{field}={value!r}" for field, value in fields.items()) or "no field"
            raise InputError(f"{name}: no analysis matches {named}; see analyses()")
        points = {analysis[:depth]: analysis for analysis in reversed(chosen)}
        tables = [_table(self.folder, name, depth, one) for one in reversed(points.values())]
        return pd.concat(tables, ignore_index=True)


def read_groups(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read the table of groups.

    Parameters
    ----------
    path : str or path
        Of ``groups.tsv``.

    Returns
    -------
    DataFrame
        ``k`` and ``cluster`` are integers that may be missing.

    Raises
    ------
    StoreError
        The table is missing or damaged.
    """
    table = tsv.read_tsv(path, GROUP_TEXT)
    return table.astype({"k": "Int64", "cluster": "Int64"})


def as_folder(folder: str | os.PathLike[str]) -> str:
    """Check the folder of results.

    Parameters
    ----------
    folder : path
        From a caller.

    Returns
    -------
    str

    Raises
    ------
    InputError
        It is no path.
    """
    if not isinstance(folder, str | os.PathLike):
        raise InputError(f"folder is {shown(folder)}; expected a path, as 'results'")
    return os.fspath(folder)


def unfinished(ranking: pd.DataFrame) -> int:
    """Count the rows of a ranking that a run which failed has no result of.

    Parameters
    ----------
    ranking : DataFrame
        Of a run.

    Returns
    -------
    int
    """
    if "status" not in ranking:
        return 0
    return int(ranking["status"].astype(str).str.startswith(UNFINISHED).sum())


def matching(
    analyses: Iterable[Analysis],
    fields: Mapping[str, str | int],
    known: tuple[str, ...] = Analysis._fields,
) -> list[Analysis]:
    """Choose the analyses that some fields name.

    Parameters
    ----------
    analyses : iterable of Analysis
        Of the run.
    fields : mapping of str to str or int
        Value by field.
    known : tuple of str
        Fields that may be given.

    Returns
    -------
    list of Analysis

    Raises
    ------
    InputError
        A field is unknown, or its value is neither a name nor a number.
    """
    unknown = set(fields) - set(known)
    if unknown:
        raise InputError(f"unknown field '{min(unknown)}'; expected some of {', '.join(known)}")
    for name, value in fields.items():
        if not isinstance(value, str | int):
            raise InputError(f"{name} is {shown(value)}; expected a name or a number")
    return [
        analysis
        for analysis in analyses
        if all(getattr(analysis, name) == value for name, value in fields.items())
    ]


def _analyses(ranking: pd.DataFrame, file: str) -> list[Analysis]:
    for name in Analysis._fields:
        if name not in ranking:
            raise StoreError(f"{file}: no column '{name}'; expected one for each field")
    if not len(ranking):
        return []
    for name in ("knn", "q"):
        column = ranking[name]
        if not pd.api.types.is_numeric_dtype(column) or not (column % 1 == 0).all():
            raise StoreError(f"{file}: column '{name}' is not numeric; expected integers")
    rows = ranking[list(Analysis._fields)].drop_duplicates()
    return [
        Analysis._make((*names, int(knn), int(q)))
        for *names, knn, q in rows.itertuples(index=False, name=None)
    ]


def _table(folder: str, name: str, depth: int, analysis: Analysis) -> pd.DataFrame:
    """Read the table of one point of the grid, with the point's fields in front."""
    table = tsv.read_tsv(paths.beside(folder, depth, analysis, name))
    own = dict(zip(Analysis._fields, analysis[:depth], strict=False))
    new = {column: value for column, value in own.items() if column not in table}
    return pd.concat([pd.DataFrame(new, index=table.index), table], axis=1)
