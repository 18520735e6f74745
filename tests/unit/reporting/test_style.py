"""style: equal figures are equal files, hostile names are text, text fits."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pictures import (
    HOSTILE,
    PNG,
    class_of,
    class_of_photographs,
    finding,
    ranking,
    saved,
    split_of,
    texts,
)
from PIL import Image

from unhans.errors import StoreError
from unhans.paper.toy import toy
from unhans.paper.toy_figure import toy_figure
from unhans.reporting.figures import style
from unhans.reporting.figures.correlation import correlation_figure
from unhans.reporting.figures.eigenvalues import eigenvalue_figure
from unhans.reporting.figures.ranking_figure import ranking_figure

FIGURES = {
    "class": lambda: class_of(30, [finding(range(12)), finding(range(15, 20))]),
    "toy": lambda: toy_figure(toy(size=25, knn=12)),
    "correlation": lambda: correlation_figure(["a", "b"], [[1, np.nan], [-0.001, 1]]),
    "ranking": lambda: ranking_figure(ranking(2)),
    "eigenvalues": lambda: eigenvalue_figure(np.linspace(0, 1, 8), "class 8"),
    "photographs": lambda: class_of_photographs(20, [finding(range(12))]),
    "splits": lambda: split_of(30, ["train", "val"]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_equal_figures_are_equal_files_without_date_or_version(tmp_path, name):
    before = dict(matplotlib.rcParams)
    first = saved(FIGURES[name](), tmp_path / "one.png")
    assert first == saved(FIGURES[name](), tmp_path / "new" / "two.png")
    assert first.startswith(PNG)
    assert b"Software" not in first
    assert b"atplotlib" not in first
    assert dict(matplotlib.rcParams) == before


def test_a_place_that_is_no_folder_is_named_and_nothing_is_left(tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(StoreError, match=r"figure\.png: cannot be written"):
        style.save(Figure(), tmp_path / "results" / "figure.png")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_figure_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "figure.png"
    path.write_bytes(b"before")

    write = Path.write_bytes

    def full(self, content):
        write(self, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match="No space left"):
        style.save(Figure(), path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_hostile_names_are_shortened_text(tmp_path):
    figure = class_of(20, [finding(range(10))], name=HOSTILE)
    assert saved(figure, tmp_path / "class.png")
    shown = [text for text in texts(figure) if text.startswith("$\\frac{$ </svg")]
    assert len(shown) == 4
    assert not [text for text in texts(figure) if not text.isprintable()]
    table = ranking(2, name=HOSTILE, planted=HOSTILE)
    assert saved(ranking_figure(table), tmp_path / "ranking.png")
    assert saved(correlation_figure([HOSTILE], [[1]]), tmp_path / "correlation.png")
    assert saved(eigenvalue_figure(np.arange(5), HOSTILE), tmp_path / "eigenvalues.png")
    names = [HOSTILE, "_hidden?", "", "$x$"]
    figure = split_of(40, names, HOSTILE)
    assert saved(figure, tmp_path / "splits.png")
    assert {"_hidden?", "", "$x$"} <= {text.split(":")[0] for text in texts(figure)}


def test_a_long_title_is_broken_into_lines():
    figure = eigenvalue_figure(
        np.arange(8), "class garbage truck, dustcart, bin lorry: rank 1, " * 2
    )
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    assert figure._suptitle.get_window_extent(renderer).x1 <= figure.bbox.x1
    words = "garbage truck, dustcart and lorries"
    assert style.wrap(words, 9, 8) == [words]
    assert style.wrap(words, 1.4, 8) == ["garbage truck, dustcart", "and lorries"]
    first, second = style.wrap(words, 1, 8)
    assert first == "garbage truck,"
    assert second.endswith("…")
    assert style.wrap("", 1, 8) == [""]


@pytest.mark.parametrize("room", [0.01, 0.3, 1.0, 1.7, 3.0, 20.0])
def test_as_much_text_is_kept_as_fits(room):
    text = "garbage truck, dustcart and lorries"
    shown = style.fit(text, room, 8)
    if shown == text:
        assert style.text_width(text, 8) <= room
        return
    kept = shown.removesuffix("…")
    assert text.startswith(kept)
    assert style.text_width(shown, 8) <= room or shown == "…"
    longer = text[: len(kept) + 1].rstrip() if text[len(kept)] != " " else text[: len(kept) + 2]
    assert style.text_width(longer + "…", 8) > room


def test_pictures_replace_those_of_an_earlier_run_and_are_saved_one_by_one(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "old.png").touch()
    seen = []

    def pictures():
        seen.append(sorted(path.name for path in folder.iterdir()))
        yield "one", Figure(figsize=(1, 1))
        seen.append(sorted(path.name for path in folder.iterdir()))
        yield "two", np.full((2, 3, 4), 7, np.uint8)

    style.save_all(pictures(), folder)
    assert seen == [[], ["one.png"]]
    assert np.asarray(Image.open(folder / "two.png")).tolist() == [[[7] * 4] * 3] * 2
    assert np.asarray(Image.open(folder / "one.png")).shape == (style.DPI, style.DPI, 3)
