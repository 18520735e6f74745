"""page: sortable, self-contained, and safe with hostile names."""

import re

import hostile
import numpy as np
import pandas as pd
import pytest

from unhans.reporting import html_table


@pytest.fixture
def ranking():
    return hostile.ranking()


def page_of(table, **text):
    return html_table.to_html(table, **{"title": "Ranking", "caption": "By tau.", **text})


def test_everything_on_the_page_is_escaped(ranking):
    evil = "<img src=x onerror=alert(1)>"
    html = page_of(ranking.rename(columns={"knn": evil}), title=evil, caption=evil)
    assert evil not in html
    assert html.count("&lt;img src=x") == 4  # title twice, caption, header
    assert "<script>alert" not in html
    assert "{{ 7 * 7 }}" in html
    assert html.count("<script>") == 1


def test_the_page_needs_nothing_from_elsewhere(ranking):
    html = page_of(ranking)
    assert not re.search(r"https?:|src=|<link|@import|url\(", html)
    assert "None" not in html


def test_numbers_show_four_digits_and_sort_by_all(ranking):
    html = page_of(pd.DataFrame({"tau": [1 / 3, np.nan, np.inf, -np.inf, 12.0], "n": range(5)}))
    assert '<td data-number="0.3333333333333333">0.3333</td>' in html
    assert '<td data-number="">–</td>' in html  # noqa: RUF001
    assert '<td data-number="Infinity">∞</td>' in html
    assert '<td data-number="-Infinity">−∞</td>' in html  # noqa: RUF001
    assert '<td data-number="12.0">12</td><td data-number="4">4</td>' in html


def test_missing_values_and_flags():
    html = page_of(pd.DataFrame({"a": [None, True], "n": pd.array([None, 2], dtype="Int64")}))
    assert "<tr><td></td><td></td></tr>" in html
    assert '<tr><td>yes</td><td data-number="2">2</td></tr>' in html


def test_rows_that_are_not_ok_are_greyed_with_their_reason():
    table = pd.DataFrame({"class": ["1", "2"], "status": ["ok", "set aside: 3 images"]})
    html = page_of(table)
    assert "<tr><td>1</td><td>ok</td></tr>" in html
    assert '<tr class="aside"><td>2</td><td>set aside: 3 images</td></tr>' in html
    assert 'class="aside"' not in page_of(table.drop(columns="status"))


def test_headers_can_be_sorted_by_keyboard_and_say_so(ranking):
    html = page_of(ranking)
    assert html.count('aria-sort="none"><button type="button">') == ranking.shape[1]


def test_a_page_without_rows():
    assert "0 of 0 rows" in page_of(pd.DataFrame({"class": []}))
