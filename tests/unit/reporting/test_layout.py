"""layout: nothing on a figure overlaps, whatever the names."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from pictures import class_of, class_of_photographs, finding, split_of

from unhans.reporting.figures import layout
from unhans.reporting.figures.layout import FigureLayout
from unhans.reporting.figures.style import DPI

NAMES = ["8", "m" * 30, "i" * 400, "\N{BLACK SQUARE}" * 20, "dustcart, " * 6, "lorry " * 90]


TWO = [finding(range(10)), finding(range(20, 36))]


PAGES = {
    "class": lambda name: class_of(40, TWO, name=name),
    "none stands out": lambda name: class_of(40, [], name=name),
    "photographs": lambda name: class_of_photographs(40, TWO, name=name),
    "splits": lambda name: split_of(40, [name, name, "val"], name),
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_on_a_page_overlaps(page, name):
    figure = PAGES[page](name)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    boxes += [axes.get_window_extent(renderer) for axes in figure.axes]
    for at, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y0 >= 0
        assert not box.count_overlaps(boxes[at + 1 :])


@pytest.mark.parametrize("width", [4.0, 8.0, 16.0])
def test_a_long_title_is_broken_and_stays_within_the_figure(width):
    title = "class parachute: 14 of 1350 images raise the class in images of others, " * 7
    made = FigureLayout.titled(width, 2.0, title)
    lines = made.figure.texts
    assert 1 < len(lines) <= layout.TITLE_LINES
    renderer = FigureCanvasAgg(made.figure).get_renderer()
    made.figure.draw(renderer)
    for line in lines:
        assert (
            line.get_window_extent(renderer).x1 <= made.figure.bbox.x1 - 0.5 * layout.MARGIN * DPI
        )
    assert made.top == pytest.approx(layout.TITLE + layout.TITLE_LINE * (len(lines) - 1), abs=0.02)
    if width == 16:
        assert " ".join(line.get_text() for line in lines) == title.strip()
