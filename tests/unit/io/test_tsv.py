"""tables: what is written comes back, hostile names too, and files are whole or not there."""

import hashlib
import subprocess

import hostile
import numpy as np
import pandas as pd
import pytest

from unhans.errors import StoreError
from unhans.io import tsv


@pytest.fixture
def ranking():
    return hostile.ranking()


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
    by_hand(path, b"class\ttau\tnote\trank\n3\tinf\t1\t1\n7\tnan\tone\t\n")
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


def by_hand(path, content):
    """Write a table with its digest, as no writer here would."""
    digest = hashlib.sha256(content).hexdigest()
    path.write_bytes(content)
    path.with_name(f".{path.name}.sha256").write_text(f"{digest}  {path.name}\n")


@pytest.fixture(params=["findings", "ranking", "accuracy"])
def table(request, tmp_path):
    """A table of each kind that a number is shown from."""
    n = 8
    columns = {
        "findings": {"score": np.arange(n) / 7, "p": 1 / (1 + np.arange(n)), "flagged": [True] * n},
        "ranking": {"n": [60] * n, "tau": np.arange(n) / 3, "rank": range(n), "status": ["ok"] * n},
        "accuracy": {"images": [60] * n, "top1": np.arange(n) / 60},
    }
    path = tmp_path / f"{request.param}.tsv"
    classes = [str(number) for number in range(n)]
    tsv.write_tsv(pd.DataFrame({"class": classes, **columns[request.param]}), path)
    return path


def test_every_truncation_of_a_table_is_refused(table):
    whole = table.read_bytes()
    for size in range(len(whole)):
        table.write_bytes(whole[:size])
        with pytest.raises(StoreError, match=f"{table.name}: damaged or edited"):
            tsv.read_tsv(table)


def test_every_flipped_bit_of_a_table_is_refused(table):
    whole = table.read_bytes()
    for bit in range(8 * len(whole)):
        spoiled = bytearray(whole)
        spoiled[bit // 8] ^= 1 << bit % 8
        table.write_bytes(spoiled)
        with pytest.raises(StoreError, match=f"{table.name}: damaged or edited"):
            tsv.read_tsv(table)


def test_every_flipped_bit_or_cut_of_a_digest_is_refused(table):
    beside = table.with_name(f".{table.name}.sha256")
    whole = beside.read_bytes()
    spoiled = [whole[:size] for size in range(len(whole))]
    spoiled += [
        whole[: bit // 8] + bytes([whole[bit // 8] ^ 1 << bit % 8]) + whole[bit // 8 + 1 :]
        for bit in range(8 * len(whole))
    ]
    for content in spoiled:
        beside.write_bytes(content)
        with pytest.raises(StoreError, match=table.name):
            tsv.read_tsv(table)


def test_a_table_without_its_digest_is_refused(table):
    table.with_name(f".{table.name}.sha256").unlink()
    with pytest.raises(StoreError, match=r"without its digest, .*Copy both, or delete the table"):
        tsv.read_tsv(table)


def test_a_table_of_another_run_in_the_place_of_one_is_refused(table, tmp_path):
    before = table.read_bytes()
    tsv.write_tsv(pd.DataFrame({"class": ["1"], "tau": [2.0]}), table)
    tsv.read_tsv(table)
    table.write_bytes(before)
    with pytest.raises(StoreError, match="damaged or edited"):
        tsv.read_tsv(table)


def test_other_readers_read_a_table_and_check_its_digest(table):
    found = pd.read_csv(table, sep="\t")
    assert len(found) == 8
    assert found.columns[0] == "class"
    command = ["sha256sum", "--check", f".{table.name}.sha256"]
    subprocess.run(command, cwd=table.parent, check=True, capture_output=True)


@pytest.mark.parametrize("content", [None, b"", b"a\tb\n1\t2\t3\t4\n1\n5\t6\t7\n"])
def test_a_missing_or_broken_table_is_named(tmp_path, content):
    path = tmp_path / "table.tsv"
    if content is not None:
        by_hand(path, content)
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
    assert {one.name for one in tmp_path.iterdir()} == {"page.html", ".page.html.sha256"}


def test_a_full_disk_leaves_table_and_digest_of_before(table, monkeypatch):
    before = table.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="cannot be written"):
        tsv.write_tsv(pd.DataFrame({"class": ["1"]}), table)
    assert table.read_bytes() == before
    assert len(tsv.read_tsv(table)) == 8
    assert len(list(table.parent.iterdir())) == 2


def test_each_file_gets_the_content_of_its_name(tmp_path):
    contents = {"a.tsv": pd.DataFrame({"n": [1]}), "a.md": "| n |\n", "unused.tex": ""}
    tsv.write_each(contents, [tmp_path / "a.tsv", tmp_path / "deep" / "a.md"])
    assert (tmp_path / "a.tsv").read_text() == "n\n1\n"
    assert (tmp_path / "deep" / "a.md").read_text() == "| n |\n"
    with pytest.raises(KeyError):
        tsv.write_each(contents, [tmp_path / "b.tsv"])
