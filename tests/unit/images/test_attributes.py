"""attributes: columns of a table are read for each image, and what contradicts itself is refused."""

import pytest

from unhans.errors import ConfigError
from unhans.images import attributes


def read(root, text, *columns, name="known.csv"):
    root.joinpath(name).write_text(text, encoding="utf-8")
    attributes.read.cache_clear()
    return attributes.read(root, name, columns, "corpus.x")


def test_values_are_read_by_the_path_of_the_image(tmp_path):
    found = read(
        tmp_path, "image;hospital;age\n./a/0.png;North;40\na/1.png; South ;\n", "age", "hospital"
    )
    assert found.values == {"a/0.png": ("40", "North"), "a/1.png": ("", "South")}
    wanted = {"age": ["", "", "40"], "hospital": ["South", "", "North"]}
    assert found.of(["a/1.png", "b/9.png", "a/0.png"]) == wanted


def test_a_row_may_be_repeated_and_not_contradicted(tmp_path):
    assert len(read(tmp_path, "image,site\na.png,N\na.png,N\n", "site").values) == 1
    with pytest.raises(
        ConfigError, match=r"corpus.x.attributes.table: .*row 3 gives 'a.png' other values"
    ):
        read(tmp_path, "image,site\na.png,N\n./a.png,S\n", "site")


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("image,site\na.png,N\n", ("hospital",), "lacks the column 'hospital'; it has image, site"),
        ("file,site\na.png,N\n", ("site",), "lacks the column 'image'"),
        ("image,split\na.png,N\n", ("split",), "'split' is a column of the manifest"),
        ("image,site\na.png,N,M\n", ("site",), "row 2 has 3 cells; expected 2"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_key(tmp_path, text, columns, message):
    with pytest.raises(ConfigError, match=message) as error:
        read(tmp_path, text, *columns)
    assert "corpus.x.attributes" in str(error.value)


def test_the_digest_is_that_of_the_values_alone(tmp_path):
    first = read(tmp_path, "image,site,more\na.png,N,1\nb.png,S,2\n", "site")
    same = read(tmp_path, "image\tsite\nb.png\tS\na.png\tN\n", "site", name="other.tsv")
    other = read(tmp_path, "image,site\na.png,N\nb.png,N\n", "site")
    assert first.digest == same.digest != other.digest


def test_images_without_a_row_are_counted_and_a_table_of_other_images_is_refused(tmp_path):
    found = read(tmp_path, "image,site\na.png,N\nb.png,S\n", "site")
    assert found.require_some(["a.png", "b.png"], "here") == ""
    said = found.require_some(["a.png", "b.png", "c.png"], "here")
    assert said == "1 of 3 images have no row in here: c.png"
    with pytest.raises(
        ConfigError, match=r"here: names none of 1 images; .*'train/a.png', not 'a.png'"
    ):
        found.require_some(["train/a.png"], "here")
    assert attributes.NONE.of(["a.png"]) == {}
    assert attributes.NONE.require_some(["a.png"], "here") == ""


def test_a_table_that_changes_during_a_run_is_noticed(tmp_path):
    found = read(tmp_path, "image,site\na.png,N\n", "site")
    asked = {"table": "known.csv", "columns": ["site"], "digest": found.digest}
    assert attributes.of_settings(asked, tmp_path, "corpus.x") == found
    assert attributes.of_settings(None, tmp_path, "corpus.x") is attributes.NONE
    read(tmp_path, "image,site\na.png,S\n", "site")
    with pytest.raises(ConfigError, match="has changed since the run started"):
        attributes.of_settings(asked, tmp_path, "corpus.x")
