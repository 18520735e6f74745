"""machine: settings of the machine reach jobs through the environment."""

import pytest

from unhans.errors import ConfigError
from unhans.pipeline import machine

SETTINGS = {"device": "cuda:1", "batch_size": 32, "workers": 8}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Let what a test exports end with it."""
    monkeypatch.setenv(machine.VARIABLE, "")
    monkeypatch.delenv(machine.VARIABLE)


def test_what_is_exported_is_read_again(tmp_path):
    machine.export({"mine": str(tmp_path)}, SETTINGS)
    assert machine.attribution() == SETTINGS
    assert machine.root("mine") == tmp_path


def test_a_corpus_without_a_folder_has_no_root(tmp_path):
    machine.export({"mine": str(tmp_path)}, SETTINGS)
    assert machine.root("digits") is None


def test_a_folder_that_is_not_on_this_machine_is_named(tmp_path):
    machine.export({"mine": str(tmp_path / "gone")}, SETTINGS)
    with pytest.raises(ConfigError, match=r"corpus\.mine\.root: .*gone: no such folder on this"):
        machine.root("mine")


def test_names_of_any_kind_go_through_the_environment(tmp_path):
    folder = tmp_path / "two words, 日本 \udce9"
    folder.mkdir()
    machine.export({"mine": str(folder)}, SETTINGS)
    assert machine.root("mine") == folder


def test_without_an_export_everything_is_found_by_itself():
    assert machine.root("mine") is None
    assert machine.attribution() == {"device": "auto", "batch_size": "auto", "workers": 1}


def test_who_changes_what_was_read_changes_it_for_himself(tmp_path):
    machine.export({}, SETTINGS)
    machine.attribution()["workers"] = 1
    assert machine.attribution() == SETTINGS
