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
