"""Results: those of a run of the workflow, read for a notebook."""

import os
from typing import TYPE_CHECKING

from unhans import paths
from unhans.checks import shown
from unhans.errors import InputError
from unhans.io import result_tables, store
from unhans.io.result_tables import ResultTables
from unhans.paths import Analysis

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

HEATMAPS, ANALYSES = 3, 7
"""Fields of an analysis that tell heatmaps, and results of whole analyses, apart."""


def open_results(folder: str | os.PathLike[str] = "results") -> "Results":
    r"""Open the results of a run of the workflow.

    Nothing else than the ranking is read before it is asked for.

    Parameters
    ----------
    folder : path
        Folder of the results, the configuration's ``results``.

    Returns
    -------
    Results

    Raises
    ------
    InputError, StoreError
        The folder is no path, or there is no ``ranking.tsv`` in it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> import unhans as uh
    >>> from unhans.io import tsv
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> table = pd.DataFrame({"class": ["3", "8"], "tau": [2.5, 0.5], "rank": [1, 2]})
    >>> tsv.write_tsv(table, folder / "ranking.tsv")
    >>> uh.open_results(folder).ranking()
      class  tau  rank
    0     3  2.5     1
    1     8  0.5     2
    """
    return Results(folder)


class Results(ResultTables):
    """Results of a run of the workflow: tables as pandas, arrays as xarray.

    Where a run has several analyses, fields choose one: ``results.spectra("3", metric="euclidean")``.
    The fields are ``corpus``, ``model``, ``composite``, ``representation``, ``metric``, ``knn`` and
    ``q``. Those in which all analyses of the run agree need not be given.

    Parameters
    ----------
    folder : path
        Folder of the results.

    Raises
    ------
    InputError, StoreError
        The folder is no path, or there is no ``ranking.tsv`` in it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> import unhans as uh
    >>> from unhans.io import tsv
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> table = pd.DataFrame({"class": ["3", "8"], "tau": [2.5, 0.5], "rank": [1, 2]})
    >>> tsv.write_tsv(table, folder / "ranking.tsv")
    >>> uh.Results(folder).ranking().set_index("class").tau["3"]
    np.float64(2.5)
    """

    def heatmaps(self, class_id: str, **fields: str | int) -> "xr.DataArray":
        """Read the heatmaps of a class.

        Parameters
        ----------
        class_id : str
            As in the column ``class`` of the ranking.
        **fields
            Of the analysis; those from ``corpus`` to ``composite`` matter.

        Returns
        -------
        DataArray of float32, dimensions (image, y, x)
            With coordinates ``image`` (row of the class's images in the manifest), ``prediction``,
            ``rank`` of the true class, and ``split``.

        Raises
        ------
        InputError
            The fields choose no analysis, or several; or no class has this id.
        StoreError
            The result is missing or damaged.
        SetAsideError
            The class was set aside.
        """
        return _heatmaps(self.folder, self._chosen(HEATMAPS, class_id, fields), class_id)

    def spectra(self, class_id: str, **fields: str | int) -> "xr.Dataset":
        """Read the spectral embedding of a class.

        Parameters
        ----------
        class_id : str
            As in the column ``class`` of the ranking.
        **fields
            Of the analysis.

        Returns
        -------
        Dataset
            ``eigenvalue`` (eigenpair,), ascending, and ``embedding`` (image, eigenpair). Images are in
            the order of `heatmaps`.

        Raises
        ------
        InputError, StoreError, SetAsideError
            See `heatmaps`.
        """
        import xarray as xr

        analysis = self._chosen(ANALYSES, class_id, fields)
        path = paths.result(self.folder, "embedding", ANALYSES, analysis, class_id)
        found = store.read(path, ["eigenvalue", "embedding"])
        arrays = {
            "eigenvalue": ("eigenpair", found["eigenvalue"]),
            "embedding": (("image", "eigenpair"), found["embedding"]),
        }
        return xr.Dataset(arrays, attrs=_described(ANALYSES, analysis, class_id))

    def clusters(
        self, class_id: str, *, drawn: bool = False, **fields: str | int
    ) -> "xr.DataArray":
        """Read the clusterings of a class.

        Parameters
        ----------
        class_id : str
            As in the column ``class`` of the ranking.
        drawn : bool
            Those that figures, the explorer, ``groups.tsv`` and the table of accepted artefacts number,
            made of the first k eigenvectors; by default those that tau is the mean over, made of all.
        **fields
            Of the analysis.

        Returns
        -------
        DataArray of int32, dimensions (k, image)
            Cluster of each image for each number of clusters ``k``. Images are in the order of
            `heatmaps`.

        Raises
        ------
        InputError, StoreError, SetAsideError
            See `heatmaps`.
        """
        import xarray as xr

        analysis = self._chosen(ANALYSES, class_id, fields)
        path = paths.result(self.folder, "clustering", ANALYSES, analysis, class_id)
        kept = "nested" if drawn else "labels"
        found = store.read(path, ["k", kept])
        labels, attributes = found[kept], _described(ANALYSES, analysis, class_id)
        return xr.DataArray(labels, {"k": found["k"]}, ("k", "image"), "cluster", attributes)

    def _chosen(self, depth: int, class_id: str, fields: dict[str, str | int]) -> Analysis:
        """Choose the analysis that some fields name, as far as the first ``depth`` tell it."""
        _check_id(class_id)
        analyses = self.analyses()
        left = result_tables.matching(analyses, fields)
        distinct = {analysis[:depth]: analysis for analysis in reversed(left)}
        if len(distinct) != 1:
            named = ", ".join(f"{name}={value!r}" for name, value in fields.items()) or "no field"
            listed = (
                "; ".join(paths.folder(analysis, depth) for analysis in analyses[:10]) or "none"
            )
            raise InputError(f"{len(distinct)} analyses match {named}; expected one of: {listed}")
        chosen = next(iter(distinct.values()))
        of_corpus = self._ranking["corpus"] == chosen.corpus
        _check_known(class_id, self._ranking[of_corpus])
        return chosen


def _heatmaps(folder: str, analysis: Analysis, class_id: str) -> "xr.DataArray":
    import xarray as xr

    found = store.read(
        paths.result(folder, "attribution", HEATMAPS, analysis, class_id),
        ["heatmap", "image", "prediction", "rank", "split"],
    )
    splits = found.attributes["splits"]
    coordinates = {
        "image": found["image"],
        "prediction": ("image", found["prediction"]),
        "rank": ("image", found["rank"]),
        "split": ("image", [splits[number] for number in found["split"]]),
    }
    attributes = _described(HEATMAPS, analysis, class_id)
    return xr.DataArray(found["heatmap"], coordinates, ("image", "y", "x"), "heatmap", attributes)


def _check_id(class_id: str) -> None:
    """Refuse what is no id of a class, whatever the ranking holds."""
    if (
        not isinstance(class_id, str)
        or not class_id
        or not class_id.isprintable()
        or "/" in class_id
    ):
        raise InputError(f"class_id is {shown(class_id)}; expected the id of a class, as '3'")


def _check_known(class_id: str, own: "pd.DataFrame") -> None:
    """Refuse a class that rows of a ranking do not have; the message lists theirs beside the names."""
    known = own["class"].astype(str)
    if class_id in set(known):
        return
    names = own["name"].astype(str) if "name" in own else known
    said = dict(zip(known, names, strict=True))
    listed = [repr(one) if one == name else f"{one!r} ({name})" for one, name in said.items()]
    more = ", ..." if len(listed) > 10 else ""
    raise InputError(
        f"no class has the id {class_id!r}; expected one of {', '.join(listed[:10])}{more}"
    )


def _described(depth: int, analysis: Analysis, class_id: str) -> dict[str, str | int]:
    """Attributes of an array: the fields that it depends on, and its class."""
    return {**dict(list(analysis._asdict().items())[:depth]), "class": class_id}
