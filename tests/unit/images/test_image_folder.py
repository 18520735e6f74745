"""imagefolder: every file ends as a row, in an order of its own, and no name leads astray."""

import itertools
import os
import re
from pathlib import Path

import hostile
import pytest

from unhans.errors import InputError
from unhans.images import class_index, image_folder

IMAGE = hostile.encoded(hostile.picture(0), "PNG")


@pytest.fixture
def tree(tmp_path):
    def planted(*paths):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(IMAGE)
        return tmp_path

    return planted


def statuses(root, workers):
    """Walk each class and examine what may be an image: {path: status}."""
    found = {}
    for folder in (root / "train").iterdir():
        entries = image_folder.walk(folder)
        paths = [f"train/{folder.name}/{entry.path}" for entry in entries]
        open_to_see = [path for path, entry in zip(paths, entries, strict=True) if not entry.reason]
        found |= {path: entry.reason for path, entry in zip(paths, entries, strict=True)}
        rows = image_folder.examine(root, open_to_see, workers=workers)
        found |= {row.path: row.status for row in rows}
    return found


@pytest.mark.parametrize("workers", [1, 3])
def test_each_hostile_file_ends_as_expected_and_none_is_dropped(tmp_path, workers, capfd):
    expected = hostile.build(tmp_path)
    found = statuses(tmp_path, workers)
    assert found.keys() == expected.keys()
    wrong = {path: found[path] for path in found if not found[path].startswith(expected[path])}
    assert not wrong
    assert {path for path in found if found[path] == "ok"} == {
        path for path in expected if expected[path] == "ok"
    }
    assert capfd.readouterr() == ("", "")
    assert not (Path.cwd() / "pwned").exists()


def test_the_hostile_folder_is_the_same_each_time(tmp_path):
    first, second = (hostile.build(tmp_path / name) for name in "ab")
    assert first == second
    assert len(first) > 100
    for path, status in first.items():
        if status == "ok":
            assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()


def test_order_is_that_of_the_bytes_of_paths(tree):
    names = ["Z.png", "a.png", "b/c.png", "b-d.png", "ü.png", os.fsdecode(b"\xff.png"), "a/z.png"]
    found = [entry.path for entry in image_folder.walk(tree(*names))]
    assert found == sorted(names, key=os.fsencode)


def test_names_tell_what_is_no_image(tree):
    root = tree("a.txt", "b.JPG", "c", ".d.png", "e.png.", "f.t\nt")
    assert dict(image_folder.walk(root)) == {
        "a.txt": "no image: suffix '.txt'",
        "b.JPG": "",
        "c": "no image: no suffix",
        ".d.png": "hidden file",
        "e.png.": "no image: suffix '.'",
        "f.t\nt": r"no image: suffix '.t\nt'",
    }
    assert dict(image_folder.walk(root, {".txt"}))["a.txt"] == ""


def test_folders_below_are_walked_hidden_and_empty_ones_named(tree):
    root = tree("a/b/c.png", ".git/d.png", "e.jpg/f.png")
    (root / "g").mkdir()
    assert image_folder.walk(root) == [
        (".git", "hidden folder"),
        ("a/b/c.png", ""),
        ("e.jpg/f.png", ""),
        ("g", "empty folder"),
    ]


def test_links_are_followed_but_not_in_circles(tree):
    root = tree("class/real/1.png", "class/top.png", "other/2.png", "elsewhere/3.png")
    links = {
        "a": "real",  # comes first by name, yet what it leads to keeps its own name
        "away": "../elsewhere",
        "circle": ".",
        "real/up": "..",
        "out": "..",
        "file.png": "../other/2.png",
    }
    for name, target in links.items():
        (root / "class" / name).symlink_to(target)
    (root / "elsewhere" / "back").symlink_to("../class/real")
    again = "link to a folder above it or one listed before"
    assert dict(image_folder.walk(root / "class")) == {
        "a": again,
        "away/3.png": "",
        "away/back": again,
        "circle": again,
        "file.png": "",
        "out": again,
        "real/1.png": "",
        "real/up": again,
        "top.png": "",
    }


def test_a_class_may_itself_be_a_link(tree):
    root = tree("elsewhere/1.png")
    (root / "class").symlink_to("elsewhere")
    assert image_folder.walk(root / "class") == [("1.png", "")]


def test_a_tree_of_links_that_doubles_at_each_level_ends(tmp_path):
    for level in range(40):
        (tmp_path / f"{level}").mkdir()
        for name in "ab":
            (tmp_path / f"{level}" / name).symlink_to(f"../{level + 1}")
    (tmp_path / "40").mkdir()
    assert len(image_folder.walk(tmp_path / "0")) == 41


def test_a_folder_that_is_not_there_is_named(tmp_path):
    for path, reason in [("missing", "No such file"), ("file", "Not a directory")]:
        (tmp_path / "file").touch()
        message = f"{tmp_path / path}: folder cannot be read ({reason}"
        with pytest.raises(InputError, match=f"^{re.escape(message)}"):
            image_folder.walk(tmp_path / path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_closed_folder_is_named(tree):
    root = tree("a.png", "closed/b.png")
    (root / "closed").chmod(0)
    found = dict(image_folder.walk(root))
    (root / "closed").chmod(0o700)
    assert found == {"a.png": "", "closed": "folder cannot be read (Permission denied)"}


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_come_in_the_order_asked_for(tree, workers):
    names = [f"{number}.png" for number in range(100)]
    root = tree(*names)
    asked = [*reversed(names), "missing.png", "../out.png", str(root / "0.png")]
    rows = list(image_folder.examine(root, asked, workers=workers))
    assert [row.path for row in rows] == asked
    assert {row[1:] for row in rows[:100]} == {(rows[0].sha256, 32, 24, "ok", 0, "")}
    assert rows[100] == ("missing.png", "", 0, 0, "no such file", 0, "")
    assert [row.status for row in rows[101:]] == [f"leads out of {root}"] * 2


def test_a_large_dataset_is_not_queued_at_once(tree):
    root = tree("a.png")

    class Million(list):
        asked = 0

        def __len__(self):
            return 10**6

        def __iter__(self):
            for _ in range(10**6):
                self.asked += 1
                yield "a.png"

    paths = Million()
    rows = image_folder.examine(root, paths, workers=2)
    assert [row.status for row in itertools.islice(rows, 3)] == ["ok"] * 3
    rows.close()
    assert paths.asked < 50


def test_settings_reach_the_reader(tmp_path):
    content = hostile.encoded(hostile.picture(0), "JPEG", exif=hostile.turned(6))
    (tmp_path / "a.jpg").write_bytes(content)
    for upright, size in [(True, (24, 32)), (False, (32, 24))]:
        (row,) = image_folder.examine(tmp_path, ["a.jpg"], upright=upright)
        assert (row.width, row.height) == size
    (row,) = image_folder.examine(tmp_path, ["a.jpg"], max_pixels=100)
    assert row.status == "has 32 x 24 pixels, more than 100"


@pytest.mark.parametrize(
    "name", ["..", "../a", "a/../b", "a/..", "/", "/etc/passwd", "//a", "./../a"]
)
def test_no_name_leads_out_of_the_root(name):
    with pytest.raises(InputError, match=r"^leads out of data$"):
        image_folder.inside("data", name)


@pytest.mark.parametrize("name", ["a", "a/b", "..a", "a../b", "...", "~/a", "-rf", "$HOME", "a\nb"])
def test_names_that_only_look_so_stay_within(name):
    assert image_folder.inside(Path("data"), name) == Path("data") / name


@pytest.mark.parametrize("name", ["a", "007", "NA", "n01440764", "a.b-c_d", "x" * 80])
def test_a_safe_name_is_its_own_id(name):
    assert class_index.safe_id(name) == name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("great white shark", "great_white_shark"),
        ("cat/dog", "cat_dog"),
        ("..a", "a"),
        ("-rf", "rf"),
        ("_a", "a"),
        ("a.", "a"),
        ("a\n", "a"),
        ("x" * 81, "x" * 60),
        ("ü", "class"),
        ("..", "class"),
        ("", "class"),
        ("鯊魚 {x}", "x"),
        (os.fsdecode(b"\xff"), "class"),
    ],
)
def test_other_names_keep_what_they_can(name, kept):
    made = class_index.safe_id(name)
    assert re.fullmatch(re.escape(kept) + "-[0-9a-f]{8}", made)
    assert class_index.safe_id(made) == made


def test_ids_are_the_same_on_every_machine():
    assert class_index.safe_id("great white shark") == "great_white_shark-5c40d62c"


def test_ids_tell_hostile_classes_apart():
    names = [*hostile.CLASS_NAMES, *hostile.FILE_NAMES, "ü", "u\u0308", "a b", "a  b", "a_b"]
    made = {class_index.safe_id(name) for name in set(names)}
    assert len(made) == len(set(names))
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}", one) for one in made)
