"""acceptance: a table of accepted artefacts, and one message for what is wrong with it."""

import pytest

from unhans.artefacts import accepted
from unhans.errors import ConfigError

HEAD = "artefact\tcorpus\tmodel\tcomposite\tclass\tmask\n"


@pytest.fixture
def table(tmp_path):
    def written(text):
        path = tmp_path / "artefacts.tsv"
        path.write_text(text)
        return str(path)

    return written


def test_rows_are_read_and_further_columns_do_not_matter(table):
    path = table(HEAD.replace("mask", "mask\tpixels") + "border\td\tm\tc\t8\tsuggested\t108\n")
    (row,) = accepted.read(path)
    assert row == accepted.Accepted("border", "d", "m", "c", "8", "suggested")


def test_a_table_whose_rows_were_all_taken_out_accepts_nothing(table):
    assert accepted.read(table(HEAD)) == []
    with pytest.raises(ConfigError, match="lacks the column 'artefact'; it has nothing"):
        accepted.read(table(""))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("artefact\tcorpus\nx\ty\n", "lacks the column 'model'; it has artefact, corpus"),
        (HEAD + "../x\td\tm\tc\t8\tsuggested\n", r"artefact '\.\./x': expected a name of letters"),
        (HEAD + 2 * "a\td\tm\tc\t8\tsuggested\n", "artefact 'a' is named twice"),
        (
            HEAD + "a\td\tm\tc\t8\tno.png\n",
            "mask no.png: no such file; expected an existing file or 'sugg",
        ),
    ],
)
def test_what_is_wrong_is_one_message(table, text, message):
    with pytest.raises(ConfigError, match=f"^correction.artefacts: .*{message}"):
        accepted.read(table(text))


def test_no_table_and_no_such_class(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read as a table"):
        accepted.read(str(tmp_path / "none.tsv"))
    row = accepted.Accepted("a", "digits", "m", "c", "x", "suggested")
    with pytest.raises(ConfigError, match="corpus digits has no class 'x'; expected its id, one"):
        accepted.check_class(row, ("0", "1"), "t.tsv")


def test_a_cluster_and_pictures_may_be_named(table, tmp_path):
    (tmp_path / "t.png").touch()
    head = HEAD.rstrip() + "\ttemplate\tkind\tanalysis\tk\tcluster\n"
    line = f"a\td\tm\tc\t8\tsuggested\t{tmp_path / 't.png'}\tfree\tnone/euclidean/knn10/q32\t8\t2\n"
    (row,) = accepted.read(table(head + line))
    assert (row.kind, row.analysis, row.k, row.cluster) == (
        "free",
        "none/euclidean/knn10/q32",
        "8",
        "2",
    )
    assert row.drawn
    (row,) = accepted.read(table(head + "a\td\tm\tc\t8\tsuggested\t\t\t\t\t\n"))
    assert row == accepted.Accepted("a", "d", "m", "c", "8", "suggested")
    assert not row.drawn


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("no.png\t\t\t\t", "template no.png: no such file"),
        ("\tmoving\t\t\t", "kind 'moving'; expected one of fixed, free, whole, overlay"),
        ("\t\tnone/euclidean\t\t", "analysis 'none/euclidean', k '', cluster ''; expected all"),
        ("\t\tnone/euclidean\t3\tx", "k '3', cluster 'x'; expected all"),
    ],
)
def test_optional_columns_are_checked(table, cells, message):
    head = HEAD.rstrip() + "\ttemplate\tkind\tanalysis\tk\tcluster\n"
    with pytest.raises(ConfigError, match=message):
        accepted.read(table(head + f"a\td\tm\tc\t8\tsuggested\t{cells}\n"))


def test_an_analysis_that_is_not_configured_is_named():
    row = accepted.Accepted(
        "a", "d", "m", "c", "8", "suggested", analysis="x/y", k="2", cluster="0"
    )
    with pytest.raises(
        ConfigError, match="no analysis 'x/y'; expected one of none/euclidean/knn10"
    ):
        accepted.check_analysis(row, ["none/euclidean/knn10/q32"], "t.tsv")


def test_a_neural_feature_may_be_named_alone(table):
    head = HEAD.rstrip() + "\tindicator\tfeature\n"
    line = "a\td\tm\tc\t8\tsuggested\t{}\t{}\n"
    (row,) = accepted.read(table(head + line.format("", "component1")))
    assert row.feature == "component1"
    for indicator, feature, message in (
        ("", "neuron", "feature 'neuron'; expected neuron<number> or component<number>"),
        ("grouped", "neuron7", "feature 'neuron7' beside indicator 'grouped'"),
    ):
        with pytest.raises(ConfigError, match=message):
            accepted.read(table(head + line.format(indicator, feature)))
