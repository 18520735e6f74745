"""toy_figure: the picture of the stored arrays is that of the arrays."""

from unhans.io import store
from unhans.paper.toy import Toy, toy
from unhans.paper.toy_figure import toy_figure
from unhans.reporting.figures import style


def test_the_picture_of_stored_arrays_is_that_of_the_arrays(tmp_path):
    made = toy(size=25, knn=12)
    store.write(tmp_path / "toy.zarr.zip", vars(made), store.Recipe("toy", {}, "x"))
    read = Toy(**store.read(tmp_path / "toy.zarr.zip").arrays)
    assert read.clusters == made.clusters
    for name, figure in (("one.png", toy_figure(made)), ("two.png", toy_figure(read))):
        style.save(figure, tmp_path / name, dpi=50)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_it_has_the_four_panels_of_the_paper():
    made = toy()
    figure = toy_figure(made)
    heads = [axes.get_title(loc="left") for axes in figure.axes]
    assert heads == ["a) affinity", "b) eigenvalues", "c) spectral embedding", "d) clusters"]
    assert figure.axes[1].get_title(loc="right") == "largest gap after 4"
    for axes in figure.axes[2:]:
        colours = {tuple(part) for cloud in axes.collections for part in cloud.get_facecolors()}
        assert len(colours) == made.clusters == 4
