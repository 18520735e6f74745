"""barycentre_figure: the picture of the stored arrays is that of the arrays."""

from unhans.io import store
from unhans.paper.barycentre import Barycentres
from unhans.paper.barycentre_figure import barycentre_figure
from unhans.reporting.figures import style


def test_the_picture_of_stored_arrays_is_that_of_the_arrays(tmp_path, random):
    made = Barycentres(random.random((4, 9, 9)), *random.random((3, 3, 3, 9, 9)))
    path = tmp_path / "barycentre.zarr.zip"
    store.write(path, vars(made), store.Recipe("barycentre", {}, "x"))
    read = Barycentres(**store.read(path).arrays)
    for name, shown in (("one.png", made), ("two.png", read)):
        style.save(barycentre_figure(shown), tmp_path / name, dpi=50)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_it_has_three_panels_of_a_grid_each(random):
    made = Barycentres(random.random((4, 9, 9)), *random.random((3, 3, 3, 9, 9)))
    figure = barycentre_figure(made)
    assert len(figure.axes) == 3 * 9
    texts = [text.get_text() for text in figure.texts]
    assert texts[1:] == ["a) euclidean", "b) Wasserstein", "c) Gromov-Wasserstein"]
    shown = figure.axes[9 + 4].images[0].get_array()
    assert (shown == made.wasserstein[1, 1]).all()
    above = [place for place, axes in enumerate(figure.axes[:9]) if axes.get_zorder() > 0]
    assert above == [0, 2, 6, 8]  # the corners, whose frames no neighbour covers
