"""label_table: a table means what a person reads in it, or is refused in a line that names its rows."""

import os

import pytest

from unhans.errors import ConfigError
from unhans.images import label_table

PLAIN = "image,class,split\na/0.png,a,train\na/1.png,a,val\nb/0.png,b,train\nb/1.png,b,val\n"


def read(root, text, splits=(), name="labels.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    (root / name).write_bytes(content)
    return label_table.read(root, name, splits, "corpus.mine")


def found(root, text, splits=(), name="labels.csv"):
    return [row[1:] for row in read(root, text, splits, name).rows]


@pytest.mark.parametrize(
    "written",
    [
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", "|").encode(),
        PLAIN.replace(",", " , ").encode(),
        PLAIN.replace(",a,", ", a ,").encode(),
        PLAIN.replace(",a,", ",\ta\xa0,").encode(),
        PLAIN.replace("a/0", "./a/0").encode(),
        PLAIN.replace("a/0", "a//0").encode(),
        PLAIN.replace("a/0", "./././a/./0").encode(),
        PLAIN.replace("/", "\\").encode(),
        PLAIN.replace("a/0", ".\\a\\0").encode(),
        PLAIN.replace("split", "split,,").replace("train\n", "train,,\n").encode(),
        PLAIN.replace("b/0", ",,\n\nb/0").encode(),
        (PLAIN + "a/0.png,a,train\n").encode(),
        (PLAIN + "./a/0.png, a,train\n").encode(),
        PLAIN.rstrip("\n").encode(),
    ],
)
def test_a_table_is_read_whichever_way_it_is_written(tmp_path, written):
    expected = [
        *(("a/0.png", "a", "train"), ("a/1.png", "a", "val")),
        *(("b/0.png", "b", "train"), ("b/1.png", "b", "val")),
    ]
    assert found(tmp_path, written) == expected
    assert found(tmp_path, written, ["train"]) == expected[::2]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_a_table_is_read_whatever_its_name_ends_in(tmp_path, separator):
    text = PLAIN.replace(",", separator)
    for name in ("labels.csv", "labels.tsv", "labels.txt"):
        assert len(found(tmp_path, text, name=name)) == 4


def test_absolute_paths_within_the_root_are_relative_to_it(tmp_path):
    root, link = tmp_path / "images", tmp_path / "link"
    (root / "a").mkdir(parents=True)
    link.symlink_to(root)
    (tmp_path / "away").symlink_to(root / "a")
    written = [root / "a" / "0.png", link / "a" / "1.png", root / "." / "a" / "2.png"]
    rows = "".join(f"{path},a\n" for path in [*written, tmp_path / "away" / "3.png"])
    for own in (root, link):
        images = [row[0] for row in found(own, f"image,class\n{rows}")]
        assert images == [f"a/{number}.png" for number in range(4)]


def test_paths_elsewhere_stay_as_they_are_written(tmp_path):
    root = tmp_path / "images"
    root.mkdir()
    written = ["../secret.png", "/etc/passwd", f"{tmp_path}/images2/0.png", "a/../../x.png", ""]
    rows = "".join(f"{path},a\n" for path in written)
    assert [row[0] for row in found(root, f"image,class\n{rows}")] == written


def test_a_file_with_a_backslash_in_its_name_is_itself(tmp_path):
    (tmp_path / "a\\b.png").write_text("")
    images = [row[0] for row in found(tmp_path, "image,class\na\\b.png,a\na\\c.png,a\n")]
    assert images == ["a\\b.png", "a/c.png"]


def test_names_that_are_no_text_come_back(tmp_path):
    ((image, label, _),) = found(tmp_path, b"image,class\n\xe9.png,caf\xe9\n")
    assert os.fsencode(image) == b"\xe9.png"
    assert os.fsencode(label) == b"caf\xe9"


OTHERS = ["None", "none", "NONE", "n/a", "N/a", "Null", "NAN", "Nan", "na", "\u200b", "None\ufeff"]


@pytest.mark.parametrize(
    "blank", ["", " ", "\t", "nan", "NaN", "NA", "<NA>", "#N/A", "null", '""', *OTHERS]
)
def test_rows_without_a_class_are_named(tmp_path, blank):
    text = PLAIN.replace("a/1.png,a", f"a/1.png,{blank}")
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    said = str(error.value)
    assert said.startswith(f"corpus.mine.table: {tmp_path}/labels.csv: 1 of 4 rows have no class: ")
    assert "row 3 ('a/1.png'" in said
    assert "expected a class in each" in said
    assert "\n" not in said


def test_of_many_rows_without_a_class_a_few_are_named(tmp_path):
    rows = "".join(f"{number}.png,\n" for number in range(50))
    with pytest.raises(ConfigError, match=r"50 of 51 rows .*row 5 \('2\.png'\) and 47 more; exp"):
        read(tmp_path, f"image,class\nx.png,a\n{rows}")


def test_a_row_that_ends_early_has_no_class(tmp_path):
    with pytest.raises(ConfigError, match=r"1 of 2 rows have no class: row 3 \('b\.png'\)"):
        read(tmp_path, "image,class\na.png,a\nb.png\n")


def test_rows_of_other_splits_need_no_class(tmp_path):
    text = PLAIN.replace("a/1.png,a", "a/1.png,")
    assert len(found(tmp_path, text, ["train"])) == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a/0.png,b,train", r"'a/0\.png' is 'a' in row 2 and 'b' in row 6; expected one class for"),
        ("./a/0.png,b,train", r"'a/0\.png' is 'a' in row 2 and 'b' in row 6"),
        ("a\\0.png, b,train", r"'a/0\.png' is 'a' in row 2 and 'b' in row 6"),
        ("a/0.png,a,val", r"'a/0\.png' is 'train' in row 2 and 'val' in row 6; expected one split"),
    ],
)
def test_an_image_has_one_class_and_one_split(tmp_path, row, said):
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, f"{PLAIN}{row}\n")


def test_an_image_may_have_another_class_in_a_split_that_is_not_asked_for(tmp_path):
    assert len(found(tmp_path, PLAIN + "a/0.png,b,val\n", ["train"])) == 2


def test_rows_that_repeat_another_are_noted(tmp_path):
    (note,) = read(tmp_path, PLAIN + "./a/0.png,a,train\nb/1.png,b,val\n").notes
    assert note == (
        "corpus.mine.table: labels.csv: 2 rows repeat another row: row 6 ('a/0.png'), row 7 "
        "('b/1.png')"
    )


def test_classes_and_rows_that_the_splits_leave_out_are_noted(tmp_path):
    made = read(tmp_path, PLAIN + "c/0.png,c,val\nd/0.png,d,\n", ["train"])
    assert made.known == {"a", "b", "c", "d"}
    rows, classes = made.notes
    assert rows.endswith("1 rows have no split and are left out: row 7 ('d/0.png')")
    assert classes.endswith("no row of the splits has class 'c', 'd'")


@pytest.mark.parametrize("splits", [["vall"], ["train", "vall"], ["Train"]])
def test_a_split_without_a_row_is_named_with_those_that_there_are(tmp_path, splits):
    said = rf"no row of the splits {splits[-1]}; check 'corpus\.mine\.splits' \(the table has train, val"
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, PLAIN, splits)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,class\na,b.png,a\n", r"row 2 has 3 cells; expected 2, as the header"),
        ("image,class,class\na.png,a,b\n", "has the column 'class' twice; expected it once"),
        ("image,label\na.png,a\n", "lacks the column 'class'; it has image, label"),
        ('image,class\na.png,"a\nb.png,b\n', "cannot be read as a table"),
        (b"\xff\xfei", "cannot be read as a table"),
    ],
)
def test_a_table_that_is_damaged_is_named(tmp_path, text, said):
    with pytest.raises(ConfigError, match=rf"corpus\.mine\.table: .*labels\.csv: {said}"):
        read(tmp_path, text)


def test_the_digest_of_a_class_is_that_of_its_rows_alone(tmp_path):
    before = read(tmp_path, PLAIN).digests()
    for same in (PLAIN.replace(",", ";"), PLAIN + "a/0.png,a,train\n"):
        assert read(tmp_path, same).digests() == before
    lines = PLAIN.splitlines(keepends=True)
    assert read(tmp_path, "".join([lines[0], *reversed(lines[1:])])).digests() == before
    moved = read(tmp_path, PLAIN.replace("a/1.png,a", "a/1.png,c")).digests()
    assert moved["b"] == before["b"]
    assert moved["a"] != before["a"]
    assert moved.keys() == {"a", "b", "c"}
    other = read(tmp_path, PLAIN.replace("b/1.png,b,val", "b/1.png,b,train")).digests()
    assert other["a"] == before["a"]
    assert other["b"] != before["b"]


@pytest.mark.parametrize(
    "label",
    [
        "cafe\u0301",
        "caf\xe9\u200b",
        "\ufeffcaf\xe9",
        "caf\u200b\xe9",
        "caf\xe9\u200d",
        "caf\xad\xe9 ",
    ],
)
def test_spellings_that_read_the_same_are_one_class(tmp_path, label):
    rows = found(tmp_path, f"image,class,split\n0.png,caf\xe9,train\n1.png,{label},train\u200b\n")
    assert rows == [("0.png", "caf\xe9", "train"), ("1.png", "caf\xe9", "train")]


def test_the_lines_of_each_label_are_kept(tmp_path):
    made = read(tmp_path, PLAIN, ["train"])
    assert dict(made.lines) == {"a": [2, 3], "b": [4, 5]}


def test_rows_of_a_split_in_other_capitals_are_named(tmp_path):
    text = PLAIN.replace("b,val", "b,Val").replace("a,train", "a,TRAIN")
    (absent, alike) = read(tmp_path, text, ["val"]).notes[::-1]
    assert "no row of the splits has class 'b'" in absent
    assert alike.endswith(
        "1 rows are left out: only capitals tell their split from a wanted one: row 5 ('b/1.png')"
    )
    assert not any("capitals" in note for note in read(tmp_path, text, ["val", "Val"]).notes)
    assert not any("capitals" in note for note in read(tmp_path, text).notes)
