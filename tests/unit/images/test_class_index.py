"""class_index: classes as they are found, ids that are safe in paths, and choices that match."""

import hashlib
import os
import re

import pytest

from unhans.config import images
from unhans.errors import ConfigError
from unhans.images import class_index

HOSTILE = [
    "great white shark",
    "Straße",
    "日本",
    "two\nlines",
    "a\tb",
    "{class_id}",
    "<results>",
    "..x",
    ".hidden",
    "-rf",
    "a/../../b",
    "dot.",
    "x" * 200,
    "*",
    "$HOME",
    "a'b\"c",
    "caf\udce9",
    "",
]


def read(tmp_path, **settings):
    """Read the classes of a corpus whose settings the config accepts."""
    values = {"source": "folder", "root": str(tmp_path), **settings}
    section = images.Images.model_validate(values).model_dump(mode="json")
    names = ("source", "root", "splits", "table", "class_index")
    return class_index.read("corpus.mine", **{name: section[name] for name in names})


def folders(tmp_path, *names, split="train"):
    for name in names:
        (tmp_path / split / name).mkdir(parents=True)


def table(path, *rows, separator=","):
    path.write_text("".join(separator.join(row) + "\n" for row in rows), encoding="utf-8")


def labels(found):
    return [entry.label for entry in getattr(found, "entries", found)]


# Sources


def test_digits_have_ten_classes():
    found = class_index.read("corpus.digits", "digits")
    assert [(entry.id, entry.index) for entry in found.entries] == [(str(n), n) for n in range(10)]
    assert found.names == tuple("0123456789")


def test_folders_are_classes_in_the_order_of_their_names(tmp_path):
    folders(tmp_path, "b", "a c", "B")
    found = read(tmp_path)
    assert labels(found) == ["B", "a c", "b"]
    assert [entry.index for entry in found.entries] == [0, 1, 2]
    assert found.names == ("B", "a c", "b")
    assert found.entries[1].id == class_index.safe_id("a c")


def test_the_classes_of_all_splits_are_counted_together(tmp_path):
    folders(tmp_path, "a", "c")
    folders(tmp_path, "b", "c", split="val")
    assert labels(read(tmp_path, splits=["train", "val"])) == ["a", "b", "c"]
    assert labels(read(tmp_path, splits="val")) == ["b", "c"]


def test_classes_may_lie_in_the_root(tmp_path):
    folders(tmp_path, "a", "b", split=".")
    assert labels(read(tmp_path, splits=".")) == ["a", "b"]


def test_files_and_hidden_folders_are_no_classes(tmp_path):
    folders(tmp_path, "a", ".git", ".ipynb_checkpoints", "...")
    (tmp_path / "train" / "labels.txt").write_text("")
    assert labels(read(tmp_path)) == ["...", "a"]


def test_a_link_to_a_folder_is_a_class_and_one_to_nothing_is_not(tmp_path):
    folders(tmp_path, "a")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "train" / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "train" / "broken").symlink_to(tmp_path / "gone")
    (tmp_path / "train" / "loop").symlink_to(tmp_path / "train" / "loop")
    assert labels(read(tmp_path)) == ["a", "b"]


def test_names_that_are_no_text_are_classes_too(tmp_path):
    folders(tmp_path, os.fsdecode(b"caf\xe9"))
    (entry,) = read(tmp_path).entries
    assert os.fsencode(entry.label) == b"caf\xe9"
    assert class_index.ID.fullmatch(entry.id)


def test_imagenet_is_numbered_and_named_as_it_is_known(tmp_path):
    folders(tmp_path, "n03417042", "n01440764", "not_a_synset")
    found = read(tmp_path, source="imagenet")
    shown = [(entry.id, entry.name, entry.index) for entry in found.entries]
    assert shown == [("n01440764", "tench", 0), ("n03417042", "garbage truck", 569)]
    assert len(found.names) == 1000
    assert found.names[569] == "garbage truck"


def test_imagenet_has_a_thousand_classes_of_distinct_indices():
    known = class_index.imagenet()
    assert sorted(index for index, _ in known.values()) == list(range(1000))
    assert all(class_index.SYNSET.fullmatch(synset) for synset in known)
    assert all(name for _, name in known.values())


def test_a_folder_that_is_no_class_of_imagenet_1k_is_named(tmp_path):
    folders(tmp_path, "n03417042", "n99999999")
    with pytest.raises(ConfigError, match=r"corpus\.mine\.root: folder 'n99999999' is no class of"):
        read(tmp_path, source="imagenet")


def test_classes_of_ones_own_are_not_imagenet(tmp_path):
    folders(tmp_path, "cat", "dog")
    with pytest.raises(ConfigError, match=r"none of 2 folders is a class .*source: folder"):
        read(tmp_path, source="imagenet")


def test_a_table_names_the_classes_of_its_splits(tmp_path):
    rows = [("image", "class", "split"), ("1.png", "b", "train"), ("2.png", "a b", "val")]
    table(tmp_path / "labels.csv", *rows)
    options = {"source": "table", "table": "labels.csv"}
    assert labels(read(tmp_path, **options, splits=["train", "val"])) == ["a b", "b"]
    assert labels(read(tmp_path, **options, splits=["val"])) == ["a b"]
    assert labels(read(tmp_path, **options, splits=[])) == ["a b", "b"]


def test_a_table_without_a_column_of_splits_is_taken_whole(tmp_path):
    table(tmp_path / "labels.tsv", ("class", "image"), ("a, b", "1.png"), separator="\t")
    assert labels(read(tmp_path, source="table", table="labels.tsv")) == ["a, b"]


def test_a_table_may_be_written_by_a_spreadsheet(tmp_path):
    text = '\ufeffimage,class\r\n1.png,"two\nlines"\r\n2.png,"say ""a"""\r\n'
    (tmp_path / "labels.csv").write_bytes(text.encode())
    found = read(tmp_path, source="table", table="labels.csv")
    assert labels(found) == ['say "a"', "two\nlines"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, r"corpus\.mine\.table: .*labels\.csv: cannot be read as a table"),
        ("", "lacks the column 'image'; it has nothing"),
        ("image,class\n", "lacks the column 'image'; it has nothing"),
        ("image,label\n1.png,a\n", "lacks the column 'class'; it has image, label"),
        ("image,class,split\n1.png,a,val\n", "no row of the splits train; check 'corpus.mine.spl"),
    ],
)
def test_a_table_that_is_none_is_named(tmp_path, content, said):
    if content is not None:
        (tmp_path / "labels.csv").write_text(content)
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, source="table", table="labels.csv")


def test_a_class_index_numbers_and_names_classes(tmp_path):
    folders(tmp_path, "cat", "dog")
    index = tmp_path / "index.csv"
    rows = [("class", "index", "name"), ("dog", "4", "good dog"), ("cat", "7", ""), ("ox", "1", "")]
    table(index, *rows)
    found = read(tmp_path, class_index=str(index))
    shown = [(entry.label, entry.name, entry.index) for entry in found.entries]
    assert shown == [("dog", "good dog", 4), ("cat", "cat", 7)]
    assert found.names == ("", "ox", "", "", "good dog", "", "", "cat")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("dog", "1")], "has no row for class 'cat'"),
        ([("dog", "1"), ("cat", "one")], "the index of 'cat' is not an integer from 0 on"),
        ([("dog", "1"), ("cat", "-1")], "the index of 'cat' is not an integer from 0 on"),
        ([("dog", "1"), ("cat", "1")], "two classes have the same index"),
    ],
)
def test_a_class_index_that_does_not_fit_is_refused(tmp_path, rows, said):
    folders(tmp_path, "cat", "dog")
    index = tmp_path / "index.csv"
    table(index, ("class", "index"), *rows)
    with pytest.raises(ConfigError, match=rf"corpus\.mine\.class_index: .*index\.csv: {said}"):
        read(tmp_path, class_index=str(index))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [("dog", "1"), ("cat", "0"), ("dog", "2")],
            "'dog' has the index 1 in row 2 and 2 in row 4",
        ),
        (
            [("dog", "1"), ("cat", "1")],
            r"two classes have the same index 1: 'dog' \(row 2\) and 'cat'",
        ),
        (
            [("dog", "1"), ("cat", "")],
            r"the index of 'cat' is not an integer from 0 on \(row 3: ''",
        ),
        ([("dog", "1"), ("cat", "0.5")], "the index of 'cat' is not an integer from 0 on"),
        (
            [("ox", "1")],
            r"has no row for class 'cat', 'dog'; expected one for each of 2 .*has 'ox'",
        ),
    ],
)
def test_a_wrong_class_index_is_refused_with_its_rows(tmp_path, rows, said):
    folders(tmp_path, "cat", "dog")
    index = tmp_path / "index.csv"
    table(index, ("class", "index"), *rows)
    with pytest.raises(ConfigError, match=rf"corpus\.mine\.class_index: .*index\.csv: {said}"):
        read(tmp_path, class_index=str(index))


def test_a_class_index_may_name_some_of_the_outputs(tmp_path):
    folders(tmp_path, "church", "parachute", split="val")
    index = tmp_path / "index.tsv"
    table(index, ("class", "index"), ("church", "497"), (" parachute ", "701.0"), ("church", "497"))
    found = read(tmp_path, splits="val", class_index=str(index))
    assert [(entry.label, entry.index) for entry in found.entries] == [
        ("church", 497),
        ("parachute", 701),
    ]
    assert len(found.names) == 702
    assert [name for name in found.names if name] == ["church", "parachute"]
    assert not found.complete


def test_a_folder_with_spaces_at_its_ends_has_the_index_of_its_name(tmp_path):
    folders(tmp_path, " cat", "dog ")
    table(tmp_path / "index.csv", ("class", "index"), (" cat", "4"), ("dog", "2"))
    found = read(tmp_path, class_index=str(tmp_path / "index.csv"))
    assert [(entry.label, entry.index) for entry in found.entries] == [("dog ", 2), (" cat", 4)]


# Numbers


def of_labels(tmp_path, source, names):
    """Read classes of these names, in any order, from folders or a table."""
    if source == "folder":
        folders(tmp_path, *names)
        return read(tmp_path)
    rows = [(f"{place}.png", name) for place, name in enumerate(reversed(names))]
    table(tmp_path / "labels.csv", ("image", "class"), *rows)
    return read(tmp_path, source="table", table="labels.csv", splits=[])


@pytest.mark.parametrize("source", ["folder", "table"])
@pytest.mark.parametrize(
    "names",
    [
        [str(number) for number in range(12)],
        [str(number) for number in range(101)],
        [str(number) for number in range(3)],
        [f"{number:03d}" for number in range(12)],
        [f"{number}.0" for number in range(12)],
        ["0", "1"],
    ],
)
def test_integers_from_zero_on_are_the_index(tmp_path, source, names):
    found = of_labels(tmp_path, source, names)
    assert [entry.index for entry in found.entries] == list(range(len(names)))
    assert all(float(entry.label) == entry.index for entry in found.entries)
    assert all(found.names[entry.index] == entry.name for entry in found.entries)
    assert found.complete
    noted = [note for note in found.notes if "ImageFolder" in note]
    assert len(noted) == (sorted(names) != names)


def test_the_order_of_text_is_said_where_it_is_another_one(tmp_path):
    (note,) = of_labels(tmp_path, "folder", [str(number) for number in range(12)]).notes
    assert note.startswith(
        "corpus.mine: classes are the numbers 0 to 11, and stand for the outputs"
    )
    assert "'10' would be output 2: give corpus.mine.class_index" in note


@pytest.mark.parametrize("source", ["folder", "table"])
@pytest.mark.parametrize(
    "names",
    [
        [str(number) for number in range(1, 13)],
        [str(number) for number in range(12) if number != 5],
        ["5", "10"],
        ["100", "20", "3"],
    ],
)
def test_other_integers_in_another_order_than_text_need_a_class_index(tmp_path, source, names):
    with pytest.raises(ConfigError) as error:
        of_labels(tmp_path, source, names)
    said = str(error.value)
    assert said.startswith(f"corpus.mine: classes are {len(names)} numbers from ")
    assert f"expected 0 to {len(names) - 1}, or corpus.mine.class_index" in said
    index = tmp_path / "index.csv"
    table(index, ("class", "index"), *((name, str(place)) for place, name in enumerate(names)))
    options = {"source": "table", "table": "labels.csv", "splits": []} if source == "table" else {}
    found = read(tmp_path, **options, class_index=str(index))
    assert labels(found) == names


@pytest.mark.parametrize("names", [["1", "2", "3"], ["3", "5", "8"], ["07", "12"]])
def test_other_integers_in_the_order_of_text_are_numbered_and_it_is_said(tmp_path, names):
    found = of_labels(tmp_path, "table", names)
    assert [(entry.label, entry.index) for entry in found.entries] == [
        (name, place) for place, name in enumerate(names)
    ]
    (note,) = found.notes
    assert f"stand for the outputs 0 to {len(names) - 1} in this order" in note


@pytest.mark.parametrize("source", ["folder", "table"])
@pytest.mark.parametrize(
    "names",
    [
        ["-1", "0", "1"],
        ["-1", "1"],
        ["-2", "-1", "0"],
        ["-1.0", "0", "1"],
        ["-1", "cat"],
        ["-100", "5"],
    ],
)
def test_numbers_below_0_are_no_classes_without_a_class_index(tmp_path, source, names):
    with pytest.raises(ConfigError) as error:
        of_labels(tmp_path, source, names)
    said = str(error.value)
    assert "have a number below 0 as class: " in said
    assert repr(names[0]) in said
    assert "corpus.mine.class_index" in said
    assert "\n" not in said
    if source == "table":
        assert re.search(r"row \d \('-", said)
    index = tmp_path / "index.csv"
    table(index, ("class", "index"), *((name, str(place)) for place, name in enumerate(names)))
    options = {"source": "table", "table": "labels.csv", "splits": []} if source == "table" else {}
    assert labels(read(tmp_path, **options, class_index=str(index))) == names


@pytest.mark.parametrize("text", ["1000001", "99999999999", "9" * 40, "99999999999.0"])
def test_an_index_that_no_network_has_is_refused(tmp_path, text):
    folders(tmp_path, "cat", "dog")
    index = tmp_path / "index.csv"
    table(index, ("class", "index"), ("cat", "0"), ("dog", text))
    with pytest.raises(ConfigError, match=rf"'dog' is {text} \(row 3\); expected 0 to 1,000,000"):
        read(tmp_path, class_index=str(index))


@pytest.mark.parametrize("text", ["caf\xe9", "cafe\u0301", "caf\xe9\u200b", "\u2060caf\xe9 "])
@pytest.mark.parametrize("folder", ["caf\xe9", "cafe\u0301", "caf\xe9\ufeff"])
def test_a_class_index_and_a_choice_know_a_folder_however_it_is_written(tmp_path, folder, text):
    folders(tmp_path, folder, "dog")
    index = tmp_path / "index.csv"
    table(index, ("class", "index"), (text, "3"), ("dog", "0"))
    found = read(tmp_path, class_index=str(index))
    assert [(entry.label, entry.index) for entry in found.entries] == [("dog", 0), (folder, 3)]
    assert found.names[3] == "caf\xe9"
    assert labels(found.choose(["cafe\u0301"], "classes")) == [folder]


@pytest.mark.parametrize("names", [["1", "01"], ["0", "0.0", "1"], ["3", "10", "010"]])
def test_two_spellings_of_a_number_are_refused(tmp_path, names):
    with pytest.raises(ConfigError, match="are the same number; expected one spelling"):
        of_labels(tmp_path, "table", names)


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["class1", "class2", "class10"], "'class10' comes before 'class2'"),
        (["0", "1", "10", "2", "unknown"], "'10' comes before '2'"),
    ],
)
def test_numbers_within_names_are_said_to_count_as_text(tmp_path, names, first):
    found = of_labels(tmp_path, "folder", names)
    assert labels(found) == sorted(names)
    (note,) = found.notes
    assert first in note
    assert "give corpus.mine.class_index" in note


def test_names_in_one_order_alone_need_no_note(tmp_path):
    assert of_labels(tmp_path, "folder", ["a1", "a2", "b", "n02085620", "n03417042"]).notes == ()


def test_a_class_of_other_splits_keeps_its_index_and_is_not_analysed(tmp_path):
    rows = [*((f"{name}.png", name, "train") for name in "abc"), ("x.png", "c", "val")]
    table(tmp_path / "labels.csv", ("image", "class", "split"), *rows)
    found = read(tmp_path, source="table", table="labels.csv", splits=["val"])
    assert [(entry.label, entry.index) for entry in found.entries] == [("c", 2)]
    assert found.names == ("a", "b", "c")


def test_classes_that_differ_in_capitals_are_noted(tmp_path):
    (note,) = of_labels(tmp_path, "table", ["Cat", "cat", "dog"]).notes
    assert note == "corpus.mine: classes 'Cat', 'cat' differ in capitals or spaces alone"


def test_folders_that_are_no_classes_of_imagenet_are_noted(tmp_path):
    folders(tmp_path, "n03417042", "not_a_synset")
    (note,) = read(tmp_path, source="imagenet").notes
    assert note == "corpus.mine: 1 folders are no classes of ImageNet: not_a_synset"


# Roots


def test_a_missing_root_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"corpus\.mine\.root: .*gone: no such folder"):
        read(tmp_path / "gone")


def test_variables_and_the_home_are_filled_in(tmp_path, monkeypatch):
    folders(tmp_path, "a")
    monkeypatch.setenv("IMAGES", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    for root in ("$IMAGES", "${IMAGES}/", "~"):
        assert class_index.root_of(root, "corpus.mine") == tmp_path


def test_a_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("IMAGES", raising=False)
    for root in ("$IMAGES", "/data/${IMAGES}/x"):
        with pytest.raises(ConfigError, match="the environment variable IMAGES is not set"):
            class_index.root_of(root, "corpus.mine")


def test_a_relative_root_becomes_absolute(tmp_path, monkeypatch):
    folders(tmp_path, "a")
    monkeypatch.chdir(tmp_path)
    assert class_index.root_of("train", "corpus.mine") == tmp_path / "train"


def test_a_missing_split_is_named(tmp_path):
    folders(tmp_path, "a")
    with pytest.raises(ConfigError, match=r"corpus\.mine\.splits: .*/val: No such file"):
        read(tmp_path, splits=["train", "val"])


def test_a_flat_folder_of_images_is_pointed_to_a_table(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "1.png").write_text("")
    with pytest.raises(ConfigError, match=r"holds no folder; expected one for each class .*table"):
        read(tmp_path)


# Choices


@pytest.fixture
def animals(tmp_path):
    folders(tmp_path, "n02085620", "n02086240", "n03417042", "n01440764")
    return read(tmp_path, source="imagenet")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("all", ["n01440764", "n02085620", "n02086240", "n03417042"]),
        (2, ["n01440764", "n02085620"]),
        (9, ["n01440764", "n02085620", "n02086240", "n03417042"]),
        (["n03417042", "n01440764"], ["n01440764", "n03417042"]),
        (["n02*"], ["n02085620", "n02086240"]),
        (["garbage truck", "tench"], ["n01440764", "n03417042"]),
        (["*truck"], ["n03417042"]),
        (["n0208?620", "n02085620"], ["n02085620"]),
    ],
)
def test_classes_are_chosen_by_number_name_and_pattern(animals, asked, found):
    assert labels(animals.choose(asked, "corpus.mine.classes")) == found


def test_a_class_is_chosen_by_its_id_too(tmp_path):
    folders(tmp_path, "great white shark", "ox")
    found = read(tmp_path)
    (shark,) = found.choose([class_index.safe_id("great white shark")], "classes")
    assert shark.label == "great white shark"


def test_a_name_with_the_characters_of_a_pattern_is_chosen_by_itself(tmp_path):
    folders(tmp_path, "[a]", "a", "b*")
    found = read(tmp_path)
    assert labels(found.choose(["b*"], "classes")) == ["b*"]
    assert set(labels(found.choose(["[a]"], "classes"))) == {"[a]", "a"}


def test_capitals_count(tmp_path):
    folders(tmp_path, "Cat", "cat")
    assert labels(read(tmp_path).choose(["Cat"], "classes")) == ["Cat"]


def test_a_name_that_matches_nothing_comes_with_the_nearest(animals):
    said = (
        r"mine\.classes: no class matches 'garbage trick'; did you mean 'garbage truck'\? It has 4"
    )
    with pytest.raises(ConfigError, match=said):
        animals.choose(["garbage trick"], "corpus.mine.classes")


def test_a_name_like_no_other_comes_with_a_few_that_there_are(animals):
    with pytest.raises(ConfigError, match=r"matches 'zzz'\. It has 4: n01440764, n02085620, "):
        animals.choose(["zzz"], "corpus.mine.classes")


# Ids


@pytest.mark.parametrize("name", ["3", "n03417042", "cat", "a_b-c.d", "A" * 80])
def test_a_safe_name_is_its_own_id(name):
    assert class_index.safe_id(name) == name


@pytest.mark.parametrize("name", HOSTILE)
def test_an_unsafe_name_becomes_a_safe_id_with_its_digest(name):
    made = class_index.safe_id(name)
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
    assert made.endswith(f"-{digest}")
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*[A-Za-z0-9]", made)
    assert len(made) <= 80
    assert class_index.safe_id(made) == made


def test_names_that_look_alike_have_other_ids():
    names = [*HOSTILE, "great_white shark", "great  white shark", "two lines", "日本 ", "x" * 201]
    assert len({class_index.safe_id(name) for name in names}) == len(names)


def test_a_likeness_tells_people_what_the_class_is():
    assert class_index.safe_id("great white shark").startswith("great_white_shark-")
    assert class_index.safe_id("日本").startswith("class-")


def test_every_class_of_a_corpus_has_an_id_of_its_own(tmp_path):
    folders(tmp_path, *(name for name in HOSTILE if name and "/" not in name and name[0] != "."))
    ids = [entry.id for entry in read(tmp_path).entries]
    assert len(set(ids)) == len(ids) > 10
