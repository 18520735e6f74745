"""opening: where the explorer of a run lies."""

import pytest

from unhans.errors import ConfigError
from unhans.pipeline import opening
from unhans.pipeline.console import ROOT, main

DEFAULT = ROOT / "config/config.yaml"


@pytest.fixture
def explored(tmp_path, monkeypatch):
    """A folder with a configuration and the explorer of its results."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.yaml").write_text("results: my results\n")
    page = tmp_path / "my results" / opening.PAGE
    page.parent.mkdir(parents=True)
    page.write_text("")
    return page


def test_it_is_found_by_its_results_and_by_their_configuration(explored):
    for given in ("my results", "my.yaml", str(explored.parents[1])):
        assert opening.find(given, DEFAULT) == explored


def test_where_it_is_missing_a_line_says_which_command_makes_it(explored):
    with pytest.raises(ConfigError, match=r"run CONFIG explorer\. There is one of my results: "):
        opening.find("results", DEFAULT)
    explored.unlink()
    with pytest.raises(ConfigError, match=r"made by: unhans run my\.yaml explorer$"):
        opening.find("my.yaml", DEFAULT)


def test_the_command_prints_the_page_and_opens_it(explored, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    assert main(["open", "my results", "--no-browser"]) == 0
    assert not shown
    assert main(["open", "my.yaml"]) == 0
    assert shown == [explored.as_uri()]
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(explored)] * 2
    assert "no browser was found" in said.err
    assert main(["open", "nowhere"]) == 1
