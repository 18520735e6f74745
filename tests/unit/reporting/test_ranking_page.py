"""ranking_page: the page of the table that was written is that of the table."""

import numpy as np
import pandas as pd

from unhans.io import tsv
from unhans.paths import Analysis
from unhans.reporting import ranking, ranking_page

A = Analysis("digits", "small_vgg", "epsilon_plus_flat", "none", "euclidean", 10, 32)


def test_the_page_of_the_written_table_is_that_of_the_table(tmp_path):
    rows = [
        {"class": "007", "name": "seven", "n": 50, "tau": 2.5, "status": "ok", "components": 2},
        {"class": "8", "name": "8", "n": None, "tau": np.nan, "status": "set aside: too few"},
    ]
    known = {"planted": "", "score": 1.5, "p": 0.25, "flagged": False}
    known |= {"accuracy": 0.75, "confusion": "eight (25%)"}
    table = pd.DataFrame([{**A._asdict(), **row, **known} for row in rows])
    table = ranking.rank(table.reindex(columns=ranking.COLUMNS))
    tsv.write_tsv(table, tmp_path / "ranking.tsv")
    page = ranking_page.ranking_page(table)
    assert ranking_page.ranking_page(tsv.read_tsv(tmp_path / "ranking.tsv")) == page
    assert "Classes by tau" in page
    assert "set aside: too few" in page


def test_the_page_warns_of_classes_with_the_output_of_another():
    row = {**A._asdict(), "class": "a", "name": "red\nfox", "n": 50, "tau": 2.5, "status": "ok"}
    table = ranking.rank(pd.DataFrame([row]).reindex(columns=ranking.COLUMNS))
    assert "Do not trust" not in ranking_page.ranking_page(table)
    page = ranking_page.ranking_page(table.assign(status="output of another class: 0 of 50"))
    assert (
        "Do not trust this ranking: 1 classes seem to be explained by the output of another" in page
    )
    assert "(red\\nfox)" in page
