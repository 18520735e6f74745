"""Ranking page: the ranking as one HTML page."""

import pandas as pd

from unhans.reporting import html_table

CAPTION = (
    "Tau is the mean Fisher separability of a class's spectral clusterings; rank 1 is the highest "
    "within an analysis. High tau is a candidate for an artefact, not a proof. Score, p and flagged "
    "are those of the findings, which no distance enters. Accuracy is the network's over the images "
    "that were explained, and confusion the other class that it most often takes them for. Click a "
    "header to sort. Greyed rows have no tau, or seem to be explained by the output of another class; "
    "their status says which."
)


def ranking_page(table: pd.DataFrame) -> str:
    """Make the page of a ranking.

    Parameters
    ----------
    table : DataFrame
        From `ranking.collect`.

    Returns
    -------
    str
        HTML that needs no other file.

    """
    return html_table.to_html(table, "Classes by tau", CAPTION)
