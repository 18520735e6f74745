"""sheets: every listed group has its sheets, named safely, and a page that says what they are."""

import io
import re
from pathlib import PurePosixPath

import numpy as np
import pages
import pandas as pd
import pytest
from explored import Explored
from PIL import Image

from unhans.io import atomic, store
from unhans.reporting import sheets
from unhans.reporting.export.explanations import explanations
from unhans.reporting.group_list import COLUMNS

POINT = {"corpus": "digits", "model": "small_vgg", "composite": "epsilon_plus_flat"}
CLUSTER = {"analysis": "pooled/euclidean/knn6/q8", "k": 3, "cluster": 1}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    names = ("<b>zero</b>", "one", "two", "three")
    return Explored(tmp_path_factory.mktemp("run"), names)


def explained(run):
    by_stage = {
        stage: store.by_path([own[stage] for own in run.inputs.values()])
        for stage in ("corpus", "attribution")
    }
    record = store.by_path([run.record])
    own = {"attribution": by_stage["attribution"]}
    return explanations(by_stage["corpus"], own, record, lambda corpus: None)


def rows(class_id, count, **group):
    named = {"indicator": "", "analysis": "", "k": pd.NA, "cluster": pd.NA, **POINT, **group}
    return [
        {
            **{**named, "class": class_id, "name": f"<b>{class_id}</b>"},
            **{"image": f"image {at}", "score": -at, "row": at},
            **{"rank": 1 + (at == 0), "prediction": "<i>two</i>"},
        }
        for at in range(count)
    ]


def listed(*groups):
    table = pd.DataFrame([row for own in groups for row in own], columns=COLUMNS)
    return table.astype({"k": "Int64", "cluster": "Int64"})


GROUPED = {"source": "grouped", "group": "1", "indicator": "grouped"}
BY_CLUSTER = {"source": CLUSTER["analysis"], "group": "k=3 cluster=1", **CLUSTER}


def test_every_group_has_its_sheets_and_a_card_on_the_page(run):
    table = listed(rows("0", 60, **GROUPED), rows("3", 7, **BY_CLUSTER))
    made = dict(sheets.files(table, explained(run)))
    folder = "digits/small_vgg/epsilon_plus_flat"
    first = f"{folder}/0/grouped/1-1.png"
    second = f"{folder}/3/pooled/euclidean/knn6/q8/k3-cluster1-1.png"
    assert list(made) == [first, second, "index.html"]
    page = made["index.html"].decode()
    assert re.findall(r'<img src="([^"]+)"', page) == [first, second]
    assert "60 images" in page
    assert "indicator=grouped" in page
    assert "analysis=pooled/euclidean/knn6/q8 k=3 cluster=1" in page
    assert "<b>" not in page
    assert "&lt;b&gt;0&lt;/b&gt;" in page
    for name in (first, second):
        with Image.open(io.BytesIO(made[name])) as opened:
            assert np.asarray(opened).std() > 10


def test_a_large_group_has_several_sheets_and_the_page_says_how_many_images_are_drawn(
    run, monkeypatch
):
    monkeypatch.setattr(sheets, "PAGE", 6)
    monkeypatch.setattr(sheets, "MOST", 3)
    table = listed(rows("1", 20, **GROUPED), rows("2", 13, **GROUPED))
    titles = []
    draw = sheets.contact_sheet
    monkeypatch.setattr(
        sheets, "contact_sheet", lambda *given: titles.append(given[3]) or draw(*given)
    )
    made = dict(sheets.files(table, explained(run)))
    assert [name[-7:] for name in made if "/1/grouped" in name] == ["1-1.png", "1-2.png", "1-3.png"]
    assert "20 images, the first 18 of them drawn" in made["index.html"].decode()
    begin = (
        "20 images, 13 to 18 by falling score (the first 18 are drawn): class <b>1</b> (1), group"
    )
    assert titles[2].startswith(begin)
    assert titles[5].startswith("13 images, 13 to 13 by falling score: class <b>2</b> (2), group 1")


def test_words_of_groups():
    group = {**POINT, "class": "8", "name": "8", **GROUPED, "analysis": "", "k": pd.NA}
    said = sheets.describe(group)
    assert said.startswith("class 8, group 1 by indicator grouped (relevance at one place")
    assert said.endswith("; digits, small_vgg, epsilon_plus_flat")
    others = {**group, "group": "others", "indicator": ""}
    assert sheets.describe(others).startswith("class 8, without indicator grouped (")
    assert sheets.row_of(others) == ""
    cluster = {**POINT, "class": "n01", "name": "tench", **BY_CLUSTER}
    own = "class tench (n01), k=3 cluster=1 of analysis pooled/euclidean/knn6/q8; digits"
    assert sheets.describe(cluster).startswith(own)


def test_a_taken_image_is_red_and_says_for_what_it_is_taken():
    right, wrong = (sheets._tile({**rows("0", 2)[at], "row": at}, {0: 5, 1: 6}) for at in (1, 0))
    assert not right.marked
    assert wrong.marked
    assert wrong.place == 5
    assert wrong.lines == ("image 0", "score 0, taken for <i>two</i>")


def test_no_group_is_a_page_that_says_so(run, tmp_path):
    made = dict(sheets.files(listed(), explained(run)))
    assert list(made) == ["index.html"]
    assert "No group and no cluster stands out" in made["index.html"].decode()
    atomic.write_tree(tmp_path / "sheets", made.items())
    assert (tmp_path / "sheets/index.html").exists()


def test_names_stay_within_the_folder():
    group = {**POINT, "class": "8", "source": "a/b", "group": "k=3 cluster=1"}
    assert PurePosixPath(sheets.place_of(group)).name == "k3-cluster1"
    assert ".." not in PurePosixPath(sheets.place_of(group)).parts


def test_no_name_adds_an_element(run, monkeypatch):
    monkeypatch.setattr(sheets, "_sheet", lambda *_: b"")

    def structure(name):
        table = listed(rows("0", 2, **GROUPED)).assign(name=name, image=name, prediction=name)
        page = dict(sheets.files(table, explained(run)))["index.html"]
        return pages.outline(page.decode())

    plain = structure("plain")
    for name in pages.NAMES:
        assert structure(name) == plain, name
