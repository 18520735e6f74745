"""tables: what is written comes back, hostile names too, and files are whole or not there."""

import hostile
import numpy as np
import pandas as pd
import pytest

from unhans.errors import StoreError
from unhans.io import tsv


@pytest.fixture
def ranking():
    n = len(hostile.STRINGS)
    return pd.DataFrame(
        {
            "corpus": "digits",
            "knn": 10,
            "class": hostile.STRINGS,
            "n": pd.array([500, None] * (n // 2), dtype="Int64"),
            "tau": [np.inf, np.nan, 1 / 3, 2.0, -np.inf, 1e-12, 1e300, *np.arange(n - 7) / 7],
            "rank": pd.array([1, None] * (n // 2), dtype="Int64"),
            "status": ["ok", "set aside: too few"] * (n // 2),
        }
    )


def test_a_table_comes_back_as_it_was(tmp_path, ranking):
    tsv.write_tsv(ranking, tmp_path / "new" / "ranking.tsv")
    found = tsv.read_tsv(tmp_path / "new" / "ranking.tsv")
    assert found.columns.tolist() == ranking.columns.tolist()
    assert found["class"].tolist() == hostile.STRINGS
    np.testing.assert_allclose(found["tau"], ranking["tau"], rtol=1e-9)
    assert found["knn"].tolist() == [10] * len(hostile.STRINGS)
    for column in ("n", "rank"):
        assert found[column].dtype == "Int64"
        pd.testing.assert_series_equal(found[column], ranking[column])


def test_the_file_is_tab_separated_with_unix_lines_and_ten_digits(tmp_path):
    path = tmp_path / "table.tsv"
    tsv.write_tsv(pd.DataFrame({"class": ["3", "b"], "tau": [1 / 3, np.nan]}), path)
    assert path.read_bytes() == b"class\ttau\n3\t0.3333333333\nb\t\n"


def test_numbers_are_numbers_only_where_all_are(tmp_path):
    path = tmp_path / "table.tsv"
    path.write_text("class\ttau\tnote\trank\n3\tinf\t1\t1\n7\tnan\tone\t\n")
    found = tsv.read_tsv(path)
    assert found["class"].tolist() == ["3", "7"]
    assert found["tau"][0] == np.inf
    assert np.isnan(found["tau"][1])
    assert found["note"].tolist() == ["1", "one"]
    assert f"{found['rank'][0]:02d}" == "01"
    assert tsv.read_tsv(path, text=["tau"])["tau"].tolist() == ["inf", "nan"]


def test_a_table_without_rows_or_values_comes_back(tmp_path):
    path = tmp_path / "table.tsv"
    tsv.write_tsv(pd.DataFrame({"class": [], "tau": []}), path)
    assert tsv.read_tsv(path).shape == (0, 2)
    tsv.write_tsv(pd.DataFrame({"class": ["1"], "tau": [np.nan], "rank": [None]}), path)
    found = tsv.read_tsv(path)
    assert found["rank"].isna().all()
    assert found["tau"].isna().all()


@pytest.mark.parametrize("content", [None, b"", b"a\tb\n1\t2\t3\t4\n1\n5\t6\t7\n"])
def test_a_missing_or_broken_table_is_named(tmp_path, content):
    path = tmp_path / "table.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreError, match=r"table\.tsv"):
        tsv.read_tsv(path)


@pytest.mark.parametrize("write", [tsv.write_text, lambda path, text: writes_tsv(path, text)])
def test_a_place_that_is_no_folder_is_named_and_nothing_is_left(tmp_path, write):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(StoreError, match=r"table\.tsv: cannot be written"):
        write(tmp_path / "results" / "table.tsv", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def writes_tsv(path, text):
    tsv.write_tsv(pd.DataFrame({"class": [text]}), path)


def test_nothing_but_the_file_is_left(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("before")
    tsv.write_text(path, "é\n")
    assert path.read_bytes() == b"\xc3\xa9\n"
    assert list(tmp_path.iterdir()) == [path]


def test_each_file_gets_the_content_of_its_name(tmp_path):
    contents = {"a.tsv": pd.DataFrame({"n": [1]}), "a.md": "| n |\n", "unused.tex": ""}
    tsv.write_each(contents, [tmp_path / "a.tsv", tmp_path / "deep" / "a.md"])
    assert (tmp_path / "a.tsv").read_text() == "n\n1\n"
    assert (tmp_path / "deep" / "a.md").read_text() == "| n |\n"
    with pytest.raises(KeyError):
        tsv.write_each(contents, [tmp_path / "b.tsv"])
