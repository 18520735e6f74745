"""acceptance: a table of accepted artefacts, and one message for what is wrong with it."""

import pytest

from unhans import acceptance
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
    (row,) = acceptance.read(path)
    assert row == acceptance.Accepted("border", "d", "m", "c", "8", "suggested")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("artefact\tcorpus\nx\ty\n", "lacks the column 'model'; it has artefact, corpus"),
        (HEAD + "../x\td\tm\tc\t8\tsuggested\n", r"artefact '\.\./x': expected a name of letters"),
        (HEAD + 2 * "a\td\tm\tc\t8\tsuggested\n", "artefact 'a' is named twice"),
        (HEAD + "a\td\tm\tc\t8\tno.png\n", "mask no.png: no such file; expected it or 'sugg"),
    ],
)
def test_what_is_wrong_is_one_message(table, text, message):
    with pytest.raises(ConfigError, match=f"^compensation.artefacts: .*{message}"):
        acceptance.read(table(text))


def test_no_table_and_no_such_class(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read as a table"):
        acceptance.read(str(tmp_path / "none.tsv"))
    row = acceptance.Accepted("a", "digits", "m", "c", "x", "suggested")
    with pytest.raises(ConfigError, match="corpus digits has no class 'x'; expected its id, one"):
        acceptance.check_class(row, ("0", "1"), "t.tsv")
