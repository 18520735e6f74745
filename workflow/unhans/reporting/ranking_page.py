"""Ranking page: the ranking as one HTML page."""

import pandas as pd

from unhans.reporting import html_table

CAPTION = (
    "Tau is the mean Fisher separability of a class's spectral clusterings; rank 1 is the highest "
    "within an analysis. High tau is a candidate for an artefact, not a proof. Score, p and flagged "
    "are those of the findings, which no distance enters. Click a header to sort. "
    "Greyed rows have no tau; their status says why."
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
