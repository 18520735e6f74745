"""page: every table and figure is listed, with its file or the reason why there is none."""

import re

import numpy as np
import pages
import pandas as pd

from unhans.io import tsv
from unhans.paper import contents, page, tables

FIGURES = [
    {
        "number": number,
        "file": f"figure{number:02d}.png",
        "made_by": "paper_clusters",
        "shows": "class <8>",
        "table": "figure11.tsv" if number == 11 else "",
        "reason": "needs <more>" if number in (1, 5) else "",
    }
    for number in contents.FIGURES
]
RANKING = pd.DataFrame(
    {
        **{"corpus": "imagenet", "model": "vgg16", "composite": "c", "representation": "none"},
        **{"metric": "euclidean", "knn": 10, "q": 32, "class": ["n04325704", "x"]},
        **{"name": ["stole", "<b>"], "n": 9, "tau": [1.0, np.nan], "rank": [1, pd.NA]},
    }
)


def made(accepted=(), found=None):
    found = found or tables.make(RANKING, [], [], 20, 7)
    return page.paper_page(list(found.values()), FIGURES, accepted)


def test_what_is_there_is_shown_and_what_is_missing_has_a_reason():
    text = made()
    shown = re.findall(r'<img src="(\S+)"', text)
    assert shown == [one["file"] for one in FIGURES if not one["reason"]]
    assert len(re.findall(r'<section id="figure', text)) == 14
    assert text.count("Missing: needs &lt;more&gt;.") == 2
    assert "Missing: figures 1, 5;" in " ".join(text.split())
    assert text.count("Made by the rule paper_clusters of class &lt;8&gt;") == 12
    assert text.count('<a href="figure11.tsv">') == 1


def test_a_figure_that_could_not_be_drawn_has_its_reason_on_the_page():
    found = [
        pd.DataFrame({"figure": [6], "reason": ["none of <3> has a tau"]}),
        pd.DataFrame(columns=["figure", "reason"]),
    ]
    figures = page.with_reasons(FIGURES, found)
    text = page.paper_page(list(tables.make(RANKING, [], [], 20, 7).values()), figures, [])
    assert "Missing: figures 1, 5, 6; the reason stands in place of each." in " ".join(text.split())
    assert "Missing: none of &lt;3&gt; has a tau." in text
    assert "figure06.png" not in text
    assert page.describe(figures).splitlines()[-1] == "figure 6: none of <3> has a tau"
    assert page.with_reasons(FIGURES, []) == FIGURES
    alone = [{**one, "reason": "a drawing" if one["number"] == 1 else ""} for one in FIGURES]
    text = page.paper_page(list(tables.make(RANKING, [], [], 20, 7).values()), alone, [])
    assert "Missing: figure 1; the reason stands in place of it." in " ".join(text.split())


def test_every_table_stands_there_with_what_the_paper_gives_of_the_classes():
    text = made()
    assert len(re.findall(r'<section id="table', text)) == 4
    assert "1.06" in text  # tau of stole
    assert "mannequin head" in text
    assert "106.10" in text
    assert "-0.3713" in text
    assert text.count("needs an accepted artefact") == 3
    assert "no image is known to show mark" in made(["mark"])
    for number in range(1, 5):
        assert f'href="../tables/table{number}.tex"' in text


def test_written_tables_make_the_same_page(tmp_path):
    unhansing = pd.DataFrame(
        {
            **{"corpus": "imagenet", "model": "vgg16", "composite": "c", "artefact": "mark"},
            **{"class": "x", "subset": ["A", "B"], "epoch": 1},
            **{"accuracy_clean": 0.5, "accuracy_attacked": 0.25},
        }
    )
    found = tables.make(RANKING.assign(name=""), [], [unhansing], 20, 7)
    for name, table in found.items():
        tsv.write_tsv(table, tmp_path / f"{name}.tsv")
    read = {name: tsv.read_tsv(tmp_path / f"{name}.tsv") for name in found}
    text = made(["mark"], read)
    assert text == made(["mark"], found)
    assert "<td>nan" not in text
    assert "<td>mark</td>" in text


def test_the_log_says_the_same():
    first, *missing = page.describe(FIGURES).splitlines()
    assert first == "paper: figures 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14"
    assert missing == ["figure 1: needs <more>", "figure 5: needs <more>"]


def test_no_name_adds_an_element():
    def structure(name):
        ranking = RANKING.assign(**{"class": ["n04325704", name], "name": ["stole", name]})
        figures = [{**one, "shows": name, "reason": one["reason"] and name} for one in FIGURES]
        found = tables.make(ranking, [], [], 20, 7)
        return pages.structure(page.paper_page(list(found.values()), figures, [name]))

    plain = structure("plain")
    for name in filter(str.strip, pages.NAMES):  # a figure without a reason is there
        assert structure(name) == plain, name
