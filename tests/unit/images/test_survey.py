"""survey: what lies in a folder of images, in the layouts that people have."""

import os
import re

import numpy as np
import pytest
from PIL import Image

from unhans.errors import ConfigError
from unhans.images import survey


def draw(path, mode="RGB", size=(12, 9)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size).save(path)


def fill(root, *folders, images=2):
    for folder in folders:
        for number in range(images):
            draw(root / folder / f"{number}.png")


def test_classes_in_the_root_are_counted_and_everything_else_has_a_reason(tmp_path):
    fill(tmp_path, "cat", "dog")
    (tmp_path / "cat/notes.txt").write_text("")
    (tmp_path / "dog/.hidden.png").write_text("")
    (tmp_path / "dog/torn.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "labels.csv").write_text("")
    (tmp_path / "__MACOSX/cat").mkdir(parents=True)
    found = survey.survey(tmp_path)
    assert (found.splits, found.left) == ((".",), ())
    assert found.classes == (("cat", (2,), 1), ("dog", (3,), 1))
    assert found.images == 5
    assert found.aside["no image: suffix '.txt'"] == (1, "cat/notes.txt")
    assert found.aside["hidden file"] == (1, "dog/.hidden.png")
    assert [one for one in found.aside.values() if one[1] == "dog/torn.jpg"] == [
        (1, "dog/torn.jpg")
    ]
    assert found.beside == ("__MACOSX", "labels.csv")
    assert found.seen == (5, {"PNG": 4}, {"colour": 4}, (9, 9, 9, 9))


def test_splits_are_found_by_their_names_and_those_to_test_on_are_left_out(tmp_path):
    fill(tmp_path, "val/cat", "train/cat", "train/dog", "test/cat")
    found = survey.survey(tmp_path)
    assert (found.splits, found.left) == (("train", "val"), ("test",))
    assert found.classes == (("cat", (2, 2), 0), ("dog", (2, 0), 0))
    fill(tmp_path, "more/cat")
    assert survey.survey(tmp_path).beside == ("more",)


def test_splits_without_one_to_train_on_are_all_read(tmp_path):
    fill(tmp_path, "test/cat", "Val/cat")
    assert survey.survey(tmp_path).splits == ("Val", "test")


def test_a_class_may_be_called_as_a_split_is(tmp_path):
    fill(tmp_path, "cat", "test/deep")
    assert [one.label for one in survey.survey(tmp_path).classes] == ["cat", "test"]


def test_formats_and_kinds_of_pixels_are_told_apart(tmp_path):
    draw(tmp_path / "a/grey.png", "L")
    draw(tmp_path / "a/opaque.png", "RGBA")
    draw(tmp_path / "a/photo.jpg", size=(40, 50))
    Image.fromarray(np.full((9, 9), 4000, np.uint16)).save(tmp_path / "a/deep.png")
    seen = survey.survey(tmp_path).seen
    assert seen.formats == {"PNG": 3, "JPEG": 1}
    assert seen.kinds == {"grey": 1, "with opacity": 1, "colour": 1, "more than 8 bits": 1}
    assert seen.sides == (9, 9, 9, 40)


def test_of_many_files_some_are_read_evenly_spread(tmp_path):
    fill(tmp_path, "a", "b", images=5)
    assert survey.survey(tmp_path, most=4).seen.files == 4
    assert survey.survey(tmp_path, most=10, workers=2) == survey.survey(tmp_path)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda root: None, "holds no image; expected a folder for each class"),
        (lambda root: draw(root / "a.png"), "holds images, but no folder with images"),
        (lambda root: (root / "labels.tsv").touch(), "a table of labels such as labels.tsv see"),
        (lambda root: fill(root, "x/cat", "x/dog"), "all images lie in its folder 'x'.*give .*/x"),
        (lambda root: fill(root, "cat\n/a"), None),
    ],
)
def test_a_folder_of_another_layout_is_one_line(tmp_path, make, expected):
    make(tmp_path)
    if expected is None:
        assert [one.label for one in survey.survey(tmp_path).classes] == ["cat\n"]
        return
    with pytest.raises(ConfigError, match=expected) as error:
        survey.survey(tmp_path)
    assert "\n" not in str(error.value)


def test_what_is_no_folder_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"nowhere: no such folder; expected that of the images"):
        survey.survey(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path}/file: is no folder")):
        survey.survey(tmp_path / "file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_is_closed_is_said(tmp_path):
    tmp_path.chmod(0)
    with pytest.raises(ConfigError, match="cannot be read"):
        survey.survey(tmp_path)
