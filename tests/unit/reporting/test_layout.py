"""layout: nothing on a figure overlaps, whatever the names."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from pictures import class_of, class_of_photographs, finding, split_of

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
