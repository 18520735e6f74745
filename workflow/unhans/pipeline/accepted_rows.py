"""Accepted artefacts of a run: rows of the table that ``correction.artefacts`` names."""

from collections.abc import Iterable
from pathlib import Path

from unhans.artefacts import accepted
from unhans.artefacts.accepted import SUGGESTED, Accepted
from unhans.config.models import Config
from unhans.errors import ConfigError
from unhans.features import answers
from unhans.features.answers import Answer
from unhans.paths import Analysis
from unhans.pipeline.classes import Classes


def read(config: Config, classes: Classes, default: Path) -> list[Accepted]:
    """Read the rows that concern this configuration.

    Rows of corpora, networks or composites that are not configured are passed over, and so are rows of
    classes that are not analysed unless the artefact comes from a picture: of these classes nothing is
    known.

    Parameters
    ----------
    config : Config
        ``correction.artefacts`` names the table.
    classes : Classes
        Of all corpora.
    default : Path
        Folder in which a relative path is looked for when the working directory does not hold it.

    Returns
    -------
    list of Accepted
        In the order of the table; empty where none is named.

    Raises
    ------
    ConfigError
        The table is not valid, or names an unknown class or analysis.
    """
    table = config.correction.artefacts
    if table is None:
        return []
    if not Path(table).exists() and (default / table).exists():
        table = str(default / table)
    comparisons: dict[tuple[str, ...], list[str]] = {}
    for analysis in config.analyses():
        comparisons.setdefault(analysis.explanation, []).append(analysis.comparison)
    rows = [row for row in accepted.read(table) if row.explanation in comparisons]
    for row in rows:
        accepted.check_class(row, classes.outputs(row.corpus), table)
        accepted.check_analysis(row, comparisons[row.explanation], table)
    return [row for row in rows if row.drawn or row.class_id in classes.analysed(row.corpus)]


def feature_labels(config: Config, classes: Classes, default: Path) -> list[Answer]:
    """Read a person's labels of features that concern this configuration.

    Parameters
    ----------
    config : Config
        ``sensitivity.labels`` names the table.
    classes : Classes
        Of all corpora.
    default : Path
        See `read`.

    Returns
    -------
    list of Answer
        In the order of the table; empty where none is named. Rows of corpora and networks that are not
        configured are passed over.

    Raises
    ------
    ConfigError
        The table is not valid, or names an unknown class.
    """
    table = config.sensitivity.labels
    if table is None:
        return []
    if not Path(table).exists() and (default / table).exists():
        table = str(default / table)
    networks = {analysis.network for analysis in config.analyses()}
    rows = [row for row in answers.read(table) if (row.corpus, row.model) in networks]
    for row in rows:
        known = classes.outputs(row.corpus)
        if row.class_id not in known:
            few = ", ".join(list(known)[:5])
            raise ConfigError(
                f"{answers.KEY}: {table}: corpus {row.corpus} has no class '{row.class_id}'; "
                f"expected its id, one of {few}, ..."
            )
    return rows


def pictures(row: Accepted) -> list[str]:
    """Files of the pictures that a person drew of an artefact.

    Parameters
    ----------
    row : Accepted
        Row of the artefact.

    Returns
    -------
    list of str
        Paths of the mask and the template, each where it is a file.
    """
    return [file for file in (row.mask, row.template) if file != SUGGESTED]


def analysis_of(row: Accepted, analyses: Iterable[Analysis]) -> Analysis:
    """Find the analysis that an artefact is a cluster of; any of its heatmaps for a flagged group.

    Parameters
    ----------
    row : Accepted
        Row of the artefact.
    analyses : iterable of Analysis
        Those that are configured.

    Returns
    -------
    Analysis
        The first that fits.

    Raises
    ------
    StopIteration
        None fits; `read` leaves out such rows and refuses such tables.
    """
    return next(
        analysis
        for analysis in analyses
        if analysis.explanation == row.explanation and row.analysis in ("", analysis.comparison)
    )


def evidence(row: Accepted) -> str:
    """Stage whose result says which images of the class show the artefact.

    Parameters
    ----------
    row : Accepted
        Row of the artefact.

    Returns
    -------
    str
        ``clustering`` for a cluster, ``neurons`` for a neural feature, else ``group_search``.
    """
    if row.feature:
        return "neurons"
    return "clustering" if row.analysis else "group_search"
