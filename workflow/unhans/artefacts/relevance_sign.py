"""Relevance sign: where relevance on an artefact turns negative while a network is trained on."""

import pandas as pd

BALANCE = "relevance_balance"
"""Column of the stage unhansing: relevance in the mask by its magnitude there, from -1 to 1."""


def turned_negative(table: pd.DataFrame) -> dict[str, int]:
    """Find the epoch from which relevance on an artefact speaks against its class.

    Parameters
    ----------
    table : DataFrame
        Of the stage unhansing, of one artefact: columns ``subset``, ``epoch`` and `BALANCE`.

    Returns
    -------
    dict of str to int
        By subset, the first epoch from which on the balance is below 0 to the end. A subset is left out
        whose last epoch has a balance of 0 or more, or whose network had one below 0 before.

    References
    ----------
    Anders et al. 2019, figure 12.

    """
    found = {}
    for subset, part in table.groupby("subset"):
        rows = part.sort_values("epoch")
        negative = (rows[BALANCE] < 0).to_numpy()
        if negative[-1] and not negative[0]:
            last_positive = int((~negative).nonzero()[0].max())
            found[str(subset)] = int(rows["epoch"].iloc[last_positive + 1])
    return found


def describe(table: pd.DataFrame) -> str:
    """State where relevance on an artefact turns negative.

    Parameters
    ----------
    table : DataFrame
        See `turned_negative`.

    Returns
    -------
    str
        A sentence; empty where it does not.

    """
    found = turned_negative(table)
    if not found:
        return ""
    parts = [f"on {subset} from epoch {epoch}" for subset, epoch in found.items()]
    return f"relevance on the artefact turns negative {', '.join(parts)}"
