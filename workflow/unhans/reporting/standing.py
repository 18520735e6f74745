"""Standing: groups and clusters of a class that stand out, as figures, explorer and lists show them.

Clusters are named as the table of accepted artefacts wants them: by their analysis, the number of
clusters k, and the number of the cluster, from 0, the largest.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans.artefacts.conclusion import USED
from unhans.detection.findings import groups_beside, groups_nearest
from unhans.io.store import Result
from unhans.spray import conductance

GROUPS = 4
"""Groups of an indicator that are shown at most."""

OTHERS = "others"
"""Name of the images of a class that are not in the clearest group of an indicator."""


class StandingCluster(NamedTuple):
    """A cluster that few edges of the neighbour graph connect with the rest.

    Parameters
    ----------
    k, cluster : int
        Number of clusters of its clustering, and its own number there.
    members : ndarray of int, shape (m,)
        Indices of its images, ascending.
    conductance : float
        From 0 (a component of its own) to 1.
    note : str
        The same in words.

    """

    k: int
    cluster: int
    members: NDArray[np.int64]
    conductance: float
    note: str

    @property
    def named(self) -> str:
        """Number of clusters and of the cluster, as figures and lists write them."""
        return f"k={self.k} cluster={self.cluster}"


def clusters(affinity: Result, clustering: Result, count: int) -> list[StandingCluster]:
    """Choose the clusters of a class that stand out; see `conductance.stand_out`.

    Parameters
    ----------
    affinity, clustering : Result
        Of one class and analysis.
    count : int
        Clusters to choose at most.

    Returns
    -------
    list of StandingCluster
        That of lowest conductance first; each has at least ten images and at most half of the class.

    """
    ks = clustering["k"]
    found = conductance.stand_out(affinity["affinity"], clustering["nested"], count)
    return [
        StandingCluster(int(ks[one.row]), one.cluster, one.members, one.conductance, one.note)
        for one in found
    ]


def groups(group_search: Result, indicator: str) -> list[int]:
    """Choose the groups of an indicator that stand out: those of at least half the gap of the first.

    Parameters
    ----------
    group_search : Result
        Of one class.
    indicator : str
        Its name.

    Returns
    -------
    list of int
        Indices among the groups of the indicator, the clearest first; at most `GROUPS`, and none
        without images.

    """
    gaps, members = group_search[f"{indicator}_gap"], group_search[f"{indicator}_members"]
    clear = np.flatnonzero(gaps >= gaps[0] / 2)[:GROUPS]
    return [int(at) for at in clear if members[at].any()]


def confirmed(indicators: pd.DataFrame, responses: pd.DataFrame) -> set[tuple[str, str]]:
    """Choose the groups of a corpus that are findings.

    Parameters
    ----------
    indicators : DataFrame
        Of the corpus; see `findings.Findings`.
    responses : DataFrame
        The experiments on its groups; from `candidate_response.tabulate`.

    Returns
    -------
    set of tuple
        Class and indicator of the groups that are flagged, and of those that were tried besides and that
        an experiment calls used.

    """
    flagged = _keys(indicators[indicators["flagged"].astype(bool)])
    if responses.empty:
        return flagged
    used = _keys(responses[responses["kept"].astype(bool) & (responses["conclusion"] == USED)])
    return flagged | (used & (groups_beside(indicators) | groups_nearest(indicators)))


def listed(indicators: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """Choose the groups of a corpus that are listed.

    Parameters
    ----------
    indicators : DataFrame
        Of the corpus; see `findings.Findings`.
    responses : DataFrame
        The experiments on its groups; from `candidate_response.tabulate`.

    Returns
    -------
    DataFrame
        Rows of the indicators: groups that are flagged, those that stand out less clearly in the same
        class, and those of other classes that an experiment calls used.

    """
    chosen = groups_beside(indicators) | confirmed(indicators, responses)
    keys = zip(indicators["class"].astype(str), indicators["indicator"], strict=True)
    return indicators[[key in chosen for key in keys]]


def on_others(responses: pd.DataFrame) -> set[tuple[str, str]]:
    """Find the groups whose artefact is in the other images of the class.

    Parameters
    ----------
    responses : DataFrame
        The experiments on the flagged groups of a corpus; from `candidate_response.tabulate`.

    Returns
    -------
    set of tuple
        Class and indicator, where the experiment that gives the conclusion found the artefact used on
        that side.

    """
    if responses.empty:
        return set()
    used = responses["kept"].astype(bool) & (responses["conclusion"] == USED)
    return _keys(responses[used & (responses["side"] == OTHERS)])


def _keys(rows: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(rows["class"].astype(str), rows["indicator"], strict=True))
