"""A class of image files, and digits that are read once."""

import functools

import pytest
from class_files import picture

from unhans.images import digits

READ_DIGITS = functools.cache(digits._read_digits)


@pytest.fixture
def root(tmp_path):
    """Three images and four other things in train, two images in val."""
    for number in range(3):
        picture(tmp_path / "train" / "cat" / f"{number}.png", number)
    folder = tmp_path / "train" / "cat"
    (folder / "notes.txt").write_text("two cats")
    (folder / ".DS_Store").write_text("")
    (folder / "4 empty.jpg").write_text("")
    content = (folder / "0.png").read_bytes()
    (folder / "5 cut.png").write_bytes(content[: len(content) // 2])
    for number in range(2):
        picture(tmp_path / "val" / "cat" / f"{number}.jpg", 10 + number)
    return tmp_path


@pytest.fixture(autouse=True)
def read_once(monkeypatch):
    """The digits are a table of text, which takes a second to read."""
    monkeypatch.setattr(digits, "_read_digits", READ_DIGITS)
