"""Ranking page: the ranking as one HTML page."""

import pandas as pd

from unhans.reporting import comparability, confusion, html_table

CAPTION = (
    "Tau is the mean Fisher separability of a class's spectral clusterings; rank 1 is the highest "
    "within an analysis (of n tau, where classes differ in size). tau_low and tau_high are its 95 % "
    "interval, rank_low and rank_high the ranks that it allows; tau_null is tau of structureless points, "
    "tau_p how often they reach tau. High tau is a candidate for an artefact, not a proof. Score, p and "
    "flagged "
    "are those of the findings, which no distance enters. Shortcuts are what covers a whole class and "
    "moves the network (probes.html). Accuracy is the network's over the images "
    "that were explained, and confusion the other class that it most often takes them for. Click a "
    "header to sort. Greyed rows have no tau, or seem to be explained by the output of another class; "
    "their status says which."
)


def ranking_page(table: pd.DataFrame, networks: str = "") -> str:
    """Make the page of a ranking.

    Parameters
    ----------
    table : DataFrame
        From `ranking.collect`.
    networks : str
        What was found of the networks (`network_checks.describe`).

    Returns
    -------
    str
        HTML that needs no other file.

    """
    parts = (confusion.warning(table), comparability.how_to_read(table), CAPTION, networks)
    return html_table.to_html(table, "Classes by tau", " ".join(filter(None, parts)))
