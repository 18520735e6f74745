"""ranking_page: no name becomes an element, an attribute or a script of the page."""

import pages
import pandas as pd
import pytest
from pictures import ranking

from unhans.reporting import network_checks, ranking_page

TEXT = (
    *("corpus", "model", "composite", "representation", "metric", "class", "name", "planted"),
    *("confusion", "status", "ranked_by"),
)
NUMBERS = {
    **{"components": 1, "score": 0.5, "p": 0.1, "accuracy": 0.9, "tau_low": 1.0, "tau_high": 2.0},
    **{
        "rank_low": 1,
        "rank_high": 2,
        "n_tau": 3.0,
        "tau_null": 1.0,
        "tau_ratio": 1.5,
        "tau_p": 0.2,
    },
    **{"q_used": 2, "k_used": 3},
}
DOUBTED = "output of another class: "


def page(named, doubted=""):
    """The page of a ranking in which one name stands in every column of text."""
    table = ranking(2, 3).assign(**dict.fromkeys(TEXT, named), **NUMBERS, flagged=[True, False] * 3)
    table["status"] = f"{doubted}{named}" if doubted else named
    check = {
        **{"bounds": (0.9, 1.1), "conserved": 1.0, "images": named, "engine": named},
        "remarks": [named, named],
    }
    folder = named.replace("/", "_").replace("\0", "_") or "empty"
    networks = network_checks.describe(
        {f"results/{folder}/{folder}/model.zarr.zip": {"check": check, "transform": None}}
    )
    return ranking_page.ranking_page(table, networks)


@pytest.mark.parametrize("doubted", ["", DOUBTED])
def test_a_page_has_the_same_elements_and_scripts_whatever_classes_are_called(doubted):
    plain = pages.structure(page("plain", doubted))
    for name in pages.NAMES:
        assert pages.structure(page(name, doubted)) == plain, name


def test_names_are_shown_as_they_are():
    for name in pages.NAMES:
        if name.isprintable() and "\0" not in name:
            assert name in pages.text(page(name)), name


def test_headers_and_titles_are_text_too():
    from unhans.reporting import html_table

    def of(name):
        table = pd.DataFrame({name: [1.5], f"{name} ": [name]})
        return html_table.to_html(table, name, name, [name, name])

    plain = pages.structure(of("plain"))
    for name in pages.NAMES:
        assert pages.structure(of(name)) == plain, name


def test_the_reader_of_these_tests_sees_what_a_browser_sees():
    plain = pages.structure("<p>a</p>")
    assert pages.structure("<p>a&lt;b&gt;</p>") == plain
    for broken in ("<p><b></p>", "<p onclick=x>a</p>", "<p>a<!-- --></p>", "<p>a</p><script>"):
        assert pages.structure(broken) != plain
