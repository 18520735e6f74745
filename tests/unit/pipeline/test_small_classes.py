"""small_classes: classes that are too small for a rank are named before the run."""

import pytest
from _plans import make

from unhans.errors import ConfigError
from unhans.pipeline import small_classes, startup

FEW = {"embedding": {"q": [2, 4]}, "clustering": {"k_max": 4}}
"""Needs 4 + 4 * 4 = 20 images."""


def fill(root, name, count, split="train"):
    for number in range(count):
        (root / split / name / f"{number}.png").write_bytes(b"")


def test_digits_are_as_many_as_each_class_has():
    assert small_classes.describe(make()) == ""
    small = make(corpus={"digits": {"per_class": 100, "classes": [1, 3]}})
    assert small_classes.describe(small) == (
        "2 of 2 classes have fewer than 158 images, too few for tau of q = 32 and k up to 30, and get no "
        "rank: digits/1: 100, digits/3: 100 (embedding.q: 20 and clustering.k_max: 18 suit 100 images, "
        "or ranking.small_classes: capped)"
    )
    fitting = make(
        corpus={"digits": {"per_class": 100}}, embedding={"q": 20}, clustering={"k_max": 18}
    )
    assert small_classes.describe(fitting) == ""
    capped = make(corpus={"digits": {"per_class": 100}}, ranking={"small_classes": "capped"})
    assert small_classes.describe(capped) == ""


def test_files_of_folders_are_counted_over_all_splits(images, tmp_path):
    root = tmp_path / "images"
    for name, (train, val) in {
        "class 00": (20, 0),
        "class 01": (12, 8),
        "class 02": (12, 7),
    }.items():
        fill(root, name, train)
        fill(root, name, val, "val")
    (root / "train" / "class 02" / "notes.txt").write_text("no image")
    made = images(corpus={"splits": ["train", "val"]}, **FEW)
    assert small_classes.describe(made).startswith("1 of 3 classes have fewer than 20 images")
    assert "mine/class 02: 19 (" in small_classes.describe(made)
    assert "class 01: 12" in small_classes.describe(images(corpus={"splits": ["train"]}, **FEW))
    limited = images(corpus={"splits": ["train", "val"], "per_class": 19}, **FEW)
    assert small_classes.describe(limited).startswith("3 of 3 classes")


def test_more_neighbours_than_any_class_has_images_are_refused_beforehand(images, tmp_path):
    root = tmp_path / "images"
    for name, count in {"class 00": 30, "class 01": 20, "class 02": 25}.items():
        fill(root, name, count)
    many = images(corpus={"splits": ["train"]}, affinity={"knn": [3, 10_000]}, **FEW)
    said = (
        r"affinity\.knn: 10000 neighbours; expected fewer than the 30 images of the largest class of "
        r"corpus\.mine$"
    )
    with pytest.raises(ConfigError, match=said):
        startup.warn(many)
    small_classes.check_neighbours(
        images(corpus={"splits": ["train"]}, affinity={"knn": 29}, **FEW)
    )
    with pytest.raises(ConfigError, match="30 neighbours"):
        small_classes.check_neighbours(
            images(corpus={"splits": ["train"]}, affinity={"knn": 30}, **FEW)
        )


def test_the_default_number_of_neighbours_refuses_no_corpus(images, tmp_path):
    for name in ("class 00", "class 01", "class 02"):
        fill(tmp_path / "images", name, 6)
    made = images(corpus={"splits": ["train"]}, **FEW)
    small_classes.check_neighbours(made)
    assert small_classes.describe(made).startswith("3 of 3 classes have fewer than 20 images")


def test_classes_with_fewer_images_than_neighbours_are_named(images, tmp_path):
    for name, count in {"class 00": 30, "class 01": 26, "class 02": 25}.items():
        fill(tmp_path / "images", name, count)
    made = images(corpus={"splits": ["train"]}, affinity={"knn": 25}, **FEW)
    assert small_classes.describe(made) == (
        "1 of 3 classes have fewer than 26 images, too few for knn = 25, and get no rank: mine/class 02: "
        "25 (choose a smaller affinity.knn, at most 24 for the smallest)"
    )


def test_a_folder_without_images_says_nothing(images):
    made = images(corpus={"splits": ["train"]}, affinity={"knn": 50}, **FEW)
    assert small_classes.describe(made) == ""
    small_classes.check_neighbours(made)


def test_images_below_a_class_count_and_the_search_ends_in_time(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    for number in range(5):
        (tmp_path / "a" / "b" / f"{number}.JPG").write_bytes(b"")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a")
    assert small_classes.count_images(str(tmp_path / "a"), 9) == 5
    assert small_classes.count_images(str(tmp_path / "a"), 3) == 3
    assert small_classes.count_images(str(tmp_path / "gone"), 3) == 3


def test_rows_of_a_table_are_counted_in_the_splits_that_are_explained(images, tmp_path):
    rows = [f"{name}{number}.png,{name},train" for name in "ab" for number in range(20)]
    rows += [f"{name}.png,b,val" for name in range(9)] + ["x.png,c,train"]
    (tmp_path / "images" / "labels.csv").write_text("\n".join(["image,class,split", *rows]))
    table = {"source": "table", "table": "labels.csv"}
    made = images(corpus=table, **FEW)
    assert small_classes.describe(made).startswith("1 of 3 classes")
    assert "mine/c: 1 (" in small_classes.describe(made)
    assert "mine/b: 9" in small_classes.describe(images(corpus={**table, "splits": ["val"]}, **FEW))


@pytest.mark.parametrize(("per_class", "lines"), [(500, 0), (100, 1)])
def test_a_run_says_so_in_one_line(per_class, lines, capsys):
    startup.warn(make(corpus={"digits": {"per_class": per_class}}))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == lines
    assert all(line.startswith("unhans: 10 of 10 classes have fewer than 158") for line in said)


def test_a_corpus_without_any_image_is_named(images, tmp_path, capsys):
    startup.warn(images())
    said = capsys.readouterr().err
    assert said.startswith("unhans: corpus.mine: none of ")
    assert f"classes holds an image in {tmp_path / 'images'}; expected files such as .jpg" in said
    fill(tmp_path / "images", "class 01", 1)
    assert not small_classes.empty_corpora(images())
    assert not small_classes.empty_corpora(make())


@pytest.mark.parametrize(
    ("sizes", "sections", "advice"),
    [
        ((200, 10, 1), {}, "choose a smaller affinity.knn, at most 9 for the smallest"),
        (
            (60, 40),
            {"affinity": {"knn": 30}},
            "embedding.q: 8 and clustering.k_max: 7 suit 40 images",
        ),
        (
            (60, 40),
            {"clustering": {"k_min": 8}},
            "embedding.q: 12 and clustering.k_max: 11 suit 60 images",
        ),
        (
            (9, 8),
            {"affinity": {"knn": 3}},
            "choose smaller affinity.knn, embedding.q and clustering.k_max",
        ),
        ((1, 1), {}, "choose smaller affinity.knn, embedding.q and clustering.k_max"),
    ],
)
def test_what_is_advised_gives_a_rank_to_the_smallest_class_that_can_get_one(
    images, tmp_path, sizes, sections, advice
):
    for number, size in enumerate(sizes):
        fill(tmp_path / "images", f"class {number:02d}", size)
    corpus = {
        "splits": ["train"],
        "classes": [f"class {number:02d}" for number in range(len(sizes))],
    }
    said = small_classes.describe(images(corpus=corpus, **sections))
    assert f"({advice}" in said
