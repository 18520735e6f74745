"""notice: a figure whose results allow none is a picture and a row with the reason."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from unhans.errors import InputError, StoreError
from unhans.io import tsv
from unhans.paper import notice
from unhans.reporting.figures import composition


def refuse(error):
    raise error


def test_what_can_be_drawn_is_drawn(tmp_path):
    drawn, missing = notice.drawn_or_missing(6, lambda: {"a": Figure(), "b": Figure()})
    assert list(drawn) == ["a", "b"]
    assert notice.describe(6, drawn, missing) == "figure 6: a, b"
    tsv.write_tsv(missing, tmp_path / "missing06.tsv")
    assert tsv.read_tsv(tmp_path / "missing06.tsv").empty


def test_what_results_do_not_allow_is_a_picture_with_the_reason(tmp_path):
    reason = "none of $x$, y_1 has a tau; expected a class of enough images"
    drawn, missing = notice.drawn_or_missing(6, refuse, InputError(reason))
    assert list(drawn) == ["missing"]
    texts = [text.get_text() for text in drawn["missing"].texts]
    assert texts == ["Figure 6 is missing", reason]
    assert composition.stacked(drawn.values()).ndim == 3
    tsv.write_tsv(missing, tmp_path / "missing06.tsv")
    read = tsv.read_tsv(tmp_path / "missing06.tsv")
    assert read.to_dict("records") == [{"figure": 6, "reason": reason}]
    assert notice.describe(6, drawn, missing) == f"figure 6 is missing: {reason}"
    long, missing = notice.drawn_or_missing(6, refuse, error=InputError("a word " * 300))
    assert 2 < len(long["missing"].texts) <= 1 + notice.LINES
    assert isinstance(missing, pd.DataFrame)


def test_a_fault_is_none():
    with pytest.raises(StoreError):
        notice.drawn_or_missing(6, refuse, StoreError("damaged"))
