"""Names of classes: whatever a folder is called, its id is safe, and no page or path is changed."""

import os
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import hostile_values
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from unhans import paths
from unhans.errors import ConfigError
from unhans.images import class_index, image_folder
from unhans.reporting import html_table

FOLDERS = hostile_values.names().filter(
    lambda name: (
        name not in ("", ".", "..") and not set("/\0") & set(name) and len(os.fsencode(name)) <= 255
    )
)


@given(st.lists(FOLDERS, min_size=1, max_size=4, unique=True))
def test_folders_of_any_name_are_classes_or_are_refused_in_a_line(tmp_path_factory, names):
    root = tmp_path_factory.mktemp("images")
    for name in names:
        os.makedirs(root / name)
    try:
        made = class_index.read("corpus.own", "folder", str(root), ["."])
    except ConfigError as error:
        return one_line(error, "corpus.own")
    assert {entry.label for entry in made.entries} <= set(names)
    ids = [entry.id for entry in made.entries]
    assert len(ids) == len(set(ids))
    assert all(note.isprintable() for note in made.notes), made.notes
    for entry in made.entries:
        assert class_index.ID.fullmatch(entry.id)
        fields = SimpleNamespace(corpus="own")
        path = paths.result("results", "corpus", 1, fields, entry.id)
        assert os.path.normpath(path) == path
        assert paths.parse(path, 1) == paths.Location(("own",), entry.id)


@given(hostile_values.names(), hostile_values.names())
def test_two_names_have_two_ids_that_no_system_takes_for_one(one, other):
    first, second = class_index.safe_id(one), class_index.safe_id(other)
    assert class_index.ID.fullmatch(first)
    assert (first == second) == (one == other)


@given(hostile_values.texts())
def test_no_path_of_an_image_leads_out_of_its_root(tmp_path, name):
    (tmp_path / "a.png").touch()
    try:
        found = image_folder.inside(tmp_path, name)
    except ValueError as error:
        return one_line(error, "")
    assert Path(os.path.normpath(found)).is_relative_to(tmp_path)


def one_line(error, named):
    assert named in str(error)
    assert str(error).isprintable(), str(error)


class Elements(HTMLParser):
    """Elements and attributes of a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, [name for name, _ in attributes]))


def elements(name):
    table = pd.DataFrame({"class": [name], "name": [name], "status": [name]})
    parser = Elements()
    parser.feed(html_table.to_html(table, name, name, [name]))
    return parser.found


@given(hostile_values.texts())
def test_no_name_adds_an_element_to_a_page(name):
    assert elements(name) == elements("plain")
