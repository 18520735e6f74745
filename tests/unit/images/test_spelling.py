"""spelling: labels that read the same, and those that stand for none."""

import unicodedata

import pytest

from unhans.images import spelling


def test_labels_that_look_alike_are_found():
    labels = ["cat", "Cat", "dog", "great  white", "great_white", "ox", "Dogs"]
    assert spelling.alike(labels) == [("Cat", "cat"), ("great  white", "great_white")]


def test_labels_that_read_the_same_are_found():
    labels = ["caf\xe9", "cafe\u0301", "dog", "dog\u200b", "Dog", "cafe"]
    assert spelling.same(labels) == [("cafe\u0301", "caf\xe9"), ("dog", "dog\u200b")]


@pytest.mark.parametrize("label", ["\u00c5ngstr\xf6m", "\ud55c\uad6d", "\u1e69", "\u304c", "plain"])
def test_all_ways_to_write_a_letter_are_one(label):
    for form in ("NFC", "NFD"):
        assert spelling.plain(unicodedata.normalize(form, label)) == label


@pytest.mark.parametrize("hidden", ["\u200b", "\ufeff", "\u2060", "\u200e", "\u00ad"])
def test_characters_that_do_not_show_do_not_count(hidden):
    for label in (f"cat{hidden}", f"{hidden}cat", f"c{hidden}at", f"{hidden}c{hidden}at{hidden}"):
        assert spelling.plain(label) == "cat"


def test_joiners_within_a_word_and_names_that_are_no_text_stay():
    assert spelling.plain("\u0645\u06cc\u200c\u062e") == "\u0645\u06cc\u200c\u062e"
    assert spelling.plain("cat\u200d") == spelling.plain("\u200ccat") == "cat"
    assert spelling.plain("caf\udce9") == "caf\udce9"


@pytest.mark.parametrize("label", ["no", "nano", "background", "0", "non", "unknown", "-1"])
def test_names_of_classes_are_not_missing(label):
    assert not spelling.is_missing(label)
