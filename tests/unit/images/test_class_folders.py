"""class_folders: folders with images are classes; others are skipped and named."""

import os

import pytest

from unhans.errors import ConfigError
from unhans.images import class_folders


def fill(root, *files):
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def find(root, *splits):
    return class_folders.find(root, splits or ("train",), "corpus.mine")


@pytest.fixture
def root(tmp_path):
    fill(tmp_path, "train/church/0.png", "train/parachute/0.JPG")
    return tmp_path


@pytest.mark.parametrize(
    "stray",
    [
        "__MACOSX/church/._0.png",
        "__MACOSX/church/0.png",
        ".ipynb_checkpoints/0.png",
        ".git/config",
        "@eaDir/0.png",
        "__pycache__/x.pyc",
        "notes/readme.txt",
        "results/table.csv",
        "weights/deep/below/net.pth",
        "hidden/._0.png",
        "hidden/.cache/0.png",
        "System Volume Information/0.png",
    ],
)
def test_a_folder_without_images_or_of_a_program_is_no_class_and_is_named(root, stray):
    fill(root, f"train/{stray}")
    made = find(root)
    assert made.labels == {"church", "parachute"}
    (note,) = made.notes
    assert note.startswith(
        "corpus.mine: 1 folders without an image, or of programs, are no classes"
    )
    assert note.endswith(f": train/{stray.split('/')[0]}")


def test_empty_folders_are_no_classes_where_others_have_images(root):
    for name in ("empty", "deep/below"):
        (root / "train" / name).mkdir(parents=True)
    made = find(root)
    assert made.labels == {"church", "parachute"}
    assert made.notes[0].endswith(": train/deep, train/empty")


def test_of_many_folders_a_few_are_named(root):
    for number in range(9):
        (root / "train" / f"x{number}").mkdir()
    assert find(root).notes[0].endswith("train/x3, train/x4 and 4 more")


def test_where_no_folder_has_an_image_each_but_strays_is_a_class(tmp_path):
    for name in ("church", "parachute", "__MACOSX", ".git"):
        (tmp_path / "val" / name).mkdir(parents=True)
    assert find(tmp_path, "val").labels == {"church", "parachute"}


def test_images_deep_below_a_class_and_behind_links_count(root):
    fill(
        root,
        "train/deep/a/b/0.webp",
        "elsewhere/0.png",
        "train/mixed/notes.txt",
        "train/mixed/z.tif",
    )
    (root / "train" / "link").symlink_to(root / "elsewhere")
    (root / "train" / "deep" / "loop").symlink_to(root / "train" / "deep")
    made = find(root)
    assert made.labels == {"church", "parachute", "deep", "link", "mixed"}
    assert made.notes == ()


def test_a_folder_that_is_closed_to_us_is_a_class(root, monkeypatch):
    (root / "train" / "closed").mkdir()
    scan = os.scandir

    def refused(path):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    assert find(root).labels == {"church", "parachute", "closed"}


def test_a_class_that_a_split_lacks_is_named(root):
    fill(root, "val/church/1.png", "val/dome/1.png")
    (root / "val" / "parachute").mkdir()
    made = find(root, "train", "val")
    assert made.labels == {"church", "parachute", "dome"}
    assert made.notes == (
        "corpus.mine: 1 of 3 classes have no image in train: dome",
        "corpus.mine: 1 of 3 classes have no image in val: parachute",
    )


def test_a_split_that_holds_strays_alone_is_refused(tmp_path):
    fill(tmp_path, "train/__MACOSX/0.png")
    with pytest.raises(ConfigError, match=r"holds no folder but __MACOSX; expected one for each"):
        find(tmp_path)


@pytest.mark.parametrize("names", [("train", "val"), ("Test", "Train"), ("dev", "test", "train")])
def test_folders_of_splits_are_no_classes(tmp_path, names):
    fill(tmp_path, *(f"{name}/church/0.png" for name in names), ".git/0.png")
    with pytest.raises(ConfigError, match=r"corpus\.mine\.splits: .* are called as splits are"):
        find(tmp_path, ".")
    fill(tmp_path, "church/0.png")  # "train" may be a class beside others
    assert find(tmp_path, ".").labels == {"church", *names}


def test_names_of_any_kind_stay_on_a_line(root):
    (root / "train" / "two\nlines").mkdir()
    assert find(root).notes[0].endswith(": train/two\\nlines")


def test_names_within_the_root_have_no_dot_before_them(root):
    fill(root, "train/.git/x")
    made = class_folders.find(root / "train", (".",), "corpus.mine")
    assert made.labels == {"church", "parachute"}
    assert made.notes[0].endswith(": .git")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("caf\xe9", "cafe\u0301"),
        ("cat", "cat\u200b"),
        ("cat", "\ufeffcat"),
        ("cat\u2060", "c\u200bat"),
    ],
)
@pytest.mark.parametrize("split", ["train", "val"])
def test_two_folders_whose_names_read_the_same_are_refused(root, first, second, split):
    fill(root, f"train/{first}/0.png", f"{split}/{second}/0.png", "val/church/0.png")
    with pytest.raises(ConfigError, match="names that read the same") as error:
        find(root, "train", "val")
    said = str(error.value)
    assert ascii(f"train/{first}") in said
    assert ascii(f"{split}/{second}") in said
    assert "\n" not in said


@pytest.mark.parametrize("name", ["none", "None", "n_a", "NaN", "NA", "null"])
def test_a_folder_called_as_a_missing_label_is_a_class_and_is_named(root, name):
    fill(root, f"train/{name}/0.png")
    made = find(root)
    assert name in made.labels
    notes = [note for note in made.notes if "called as a missing label is" in note]
    assert [note.endswith(f": {name}") for note in notes] == ([] if name == "n_a" else [True])
