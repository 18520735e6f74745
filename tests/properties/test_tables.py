"""Tables that people write (labels, accepted artefacts, outputs): read as they are, or one clear line."""

import csv
import io

import hostile_values
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unhans.artefacts import accepted
from unhans.errors import ConfigError, StoreError
from unhans.images import class_index, label_table, spelling
from unhans.io import tsv

CELLS = st.one_of(
    hostile_values.names(),
    st.sampled_from(["a.png", "./a.png", "x/../a.png", "/etc/passwd", "0", "1", "-1", "NA", "cat"]),
)

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "latin-1"]


@st.composite
def files(draw, columns):
    """Bytes of a table with some columns, in one of the forms that programs write; or of anything."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=80))
    header = draw(st.lists(st.sampled_from([*columns, "other"]), max_size=8) | st.just(columns))
    width = st.lists(CELLS, min_size=max(0, len(header) - 1), max_size=len(header) + 1)
    rows = draw(
        st.lists(width | st.lists(CELLS, min_size=len(header), max_size=len(header)), max_size=5)
    )
    text = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    ends = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    separator = draw(st.sampled_from([",", "\t", ";", "|"]))
    csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=ends).writerows(
        [header, *rows]
    )
    content = text.getvalue().encode(draw(st.sampled_from(ENCODINGS)), "replace")
    if draw(st.integers(0, 4)) == 0 and content:
        place = draw(st.integers(0, len(content) - 1))
        content = content[:place] + draw(st.binary(max_size=3)) + content[place + 1 :]
    return content


def refused(error, path):
    """A line that names the file."""
    assert str(path) in str(error)
    assert str(error).isprintable(), str(error)
    assert len(str(error)) < 10_000


@given(files(["image", "class", "split"]), st.sampled_from([[], ["train"], ["a", "b"]]))
def test_a_table_of_labels(tmp_path, content, splits):
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    try:
        found = label_table.read(tmp_path, path.name, splits, "corpus.own")
    except ConfigError as error:
        return refused(error, path)
    images = [row.image for row in found.rows if row.image]
    assert len(images) == len(set(images))
    assert not any(spelling.is_missing(row.label) for row in found.rows)
    assert all(note.isprintable() for note in found.notes)
    try:
        made = class_index.read("corpus.own", "table", str(tmp_path), splits, path.name)
    except ConfigError as error:
        return refused(error, "corpus.own")
    assert {entry.label for entry in made.entries} == {row.label for row in found.rows}
    ids = [entry.id for entry in made.entries]
    assert len(ids) == len(set(ids))
    assert all(map(class_index.ID.fullmatch, ids))


@pytest.mark.parametrize(
    ("read", "content", "reason"),
    [
        ("labels", "image,class\n/a\0b/c.png,cat\n", None),
        ("labels", "x" * 200_000, "cannot be read as a table"),
        ("labels", "image\0\n1\n", "lacks the column"),
        ("accepted", 'artefact"\n"",""\n', "cannot be read as a table"),
        ("accepted", "{header}\na,b,c,d,e," + "x" * 300 + "\n", "no such file"),
        ("accepted", "{header}\na\u202e,b,c,d,e,suggested\n", "letters that print"),
    ],
)
def test_tables_that_were_tracebacks_or_broke_a_line(tmp_path, read, content, reason):
    path = tmp_path / "table.tsv"
    path.write_text(content.replace("{header}", ",".join(accepted.COLUMNS)))

    def table():
        if read == "accepted":
            return accepted.read(str(path))
        return label_table.read(tmp_path, path.name, [], "corpus.own")

    if reason is None:
        table()
        return
    with pytest.raises(ConfigError, match=reason) as said:
        table()
    refused(said.value, path)


@given(files([*accepted.COLUMNS, *accepted.OPTIONAL]))
def test_a_table_of_accepted_artefacts(tmp_path, content):
    path = tmp_path / "artefacts.tsv"
    path.write_bytes(content)
    try:
        rows = accepted.read(str(path))
    except ConfigError as error:
        return refused(error, path)
    assert all(accepted.NAME.fullmatch(row.artefact) for row in rows)
    for row in rows:
        with pytest.raises(ConfigError) as said:
            accepted.check_class(row, ["known"], str(path))
        refused(said.value, path)


@given(files(["class", "index", "name"]))
def test_a_table_of_the_outputs_of_classes(tmp_path, content):
    path = tmp_path / "outputs.csv"
    path.write_bytes(content)
    for name in ("cat", "0"):
        (tmp_path / "images" / name).mkdir(parents=True, exist_ok=True)
    try:
        made = class_index.read(
            "corpus.own", "folder", str(tmp_path / "images"), ["."], None, str(path)
        )
    except ConfigError as error:
        return refused(error, path)
    assert {entry.label for entry in made.entries} == {"cat", "0"}
    assert len({entry.index for entry in made.entries}) == 2


@given(
    st.lists(st.tuples(CELLS, CELLS, st.floats(), st.integers(0, 2**40)), max_size=4),
    st.integers(0, 10**6),
    st.binary(min_size=1, max_size=2),
)
def test_a_table_of_results_is_read_as_it_was_written_or_refused(tmp_path, rows, place, damage):
    path = tmp_path / "ranking.tsv"
    written = pd.DataFrame(rows, columns=["class", "name", "tau", "n"])
    tsv.write_tsv(written, path)
    found = tsv.read_tsv(path)
    assert found["class"].tolist() == written["class"].tolist()
    assert found["name"].tolist() == written["name"].tolist()
    assert found["n"].tolist() == written["n"].tolist()
    expected = [float(f"{value:.10g}") for value in written["tau"]]
    pd.testing.assert_series_equal(
        found["tau"].astype(float), pd.Series(expected, name="tau", dtype=float)
    )
    whole = path.read_bytes()
    place %= len(whole)
    spoiled = whole[:place] + damage + whole[place + 1 :]
    path.write_bytes(spoiled)
    if spoiled != whole:
        with pytest.raises(StoreError, match="digest") as said:
            tsv.read_tsv(path)
        refused(said.value, path)
