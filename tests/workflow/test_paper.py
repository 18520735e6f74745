"""The target paper, in whole runs: figures that the configuration allows are there and on the page."""

import re

import numpy as np
import pytest
from PIL import Image

from unhans.io import tsv

ROWS = (
    ("border", "8", "fixed", "suggested"),
    ("corner", "3", "fixed", "corner.png"),
    ("mark", "1", "free", "mark.png"),
    ("stripes", "1", "whole", "stripes.png"),
)


def draw(folder):
    """Draw templates as a person does, transparent where nothing is put in."""
    pictures = {
        name: np.zeros((28, 28, 4), dtype=np.uint8) for *_, name in ROWS if name.endswith(".png")
    }
    pictures["corner.png"][24:, 24:] = 255
    pictures["mark.png"][10:14, 10:14] = 255
    pictures["stripes.png"][...] = (128, 128, 128, 255)
    pictures["stripes.png"][::4, :, :3] = 200
    for name, picture in pictures.items():
        Image.fromarray(picture).save(folder / name)
    lines = [("artefact", "corpus", "model", "composite", "class", "kind", "template", "mask")]
    for name, class_id, kind, template in ROWS:
        point = ("digits", "small_vgg", "epsilon_plus_flat", class_id, kind)
        lines.append((name, *point, template, "suggested"))
    text = "".join("\t".join(line) + "\n" for line in lines)
    (folder / "accepted.tsv").write_text(text)


def missing(page):
    return {
        int(number): reason
        for number, reason in re.findall(
            r'<section id="figure(\d+)">.*?(?:<p class="missing">Missing: (.*?)</p>|</section>)',
            page,
            re.S,
        )
        if reason
    }


@pytest.mark.long
def test_all_figures_are_made_where_all_that_they_need_is_configured(checkout):
    draw(checkout.folder)
    checkout.configure(
        model={"small_vgg": {"epochs": 3}, "other": {"epochs": 3, "seed": 1}},
        preprocessing={"pooled": [{"sum_pool": 7}, "unit_norm"], "none": None},
        distance={"metrics": ["euclidean", "gromov_wasserstein"]},
        correction={"artefacts": "accepted.tsv", "methods": ["p_clarc"], "images": 20},
        accepted_response={"images": 20, "samples": 2},
        unhansing={"reported": [1], "images": 20, "classes": 3, "samples": 2},
    )
    checkout.run("--", "paper")
    folder = checkout.results / "paper"
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert set(missing(page)) == {1}
    shown = re.findall(r'<img src="(\S+)"', page)
    assert shown == [f"figure{number:02d}.png" for number in range(2, 15)]
    for name in shown:
        with Image.open(folder / name) as image:
            assert min(image.size) > 200
    assert (folder / "figure11.tsv").read_text().count("\n") > 2
    assert checkout.planned("--", "paper") == {}


@pytest.mark.long
def test_the_page_says_why_a_figure_is_missing(checkout):
    checkout.run("--", "paper")
    page = (checkout.results / "paper/index.html").read_text(encoding="utf-8")
    assert sorted(missing(page)) == [1, 5, 7, 9, 10, 11, 12, 13, 14]
    assert "needs metric gromov_wasserstein" in missing(page)[5]
    assert all("accepted artefact" in missing(page)[number] for number in (7, 9, 13, 14))

    # Whether classes have enough images for a tau is seen in the run: the page is made all the same.
    checkout.configure(embedding={"q": 50})
    checkout.run("--", "paper")
    page = (checkout.results / "paper/index.html").read_text(encoding="utf-8")
    assert sorted(missing(page)) == [1, 4, 5, 6, *range(7, 15)]
    assert all("has a tau and a projection" in missing(page)[number] for number in (4, 6, 8))
    table = tsv.read_tsv(checkout.results / "paper/missing06.tsv")
    assert [f"{reason}." for reason in table["reason"]] == [missing(page)[6]]
