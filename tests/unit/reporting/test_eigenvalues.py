"""eigenvalues: the largest gap is marked."""

from matplotlib.figure import Figure

from unhans.reporting.figures.eigenvalues import eigenvalue_panel


def test_the_largest_gap_is_marked():
    axes = Figure().subplots()
    eigenvalue_panel(axes, [0, 0.1, 0.2, 0.9, 1.0])
    assert axes.get_title(loc="right") == "largest gap after 3"
    axes = Figure().subplots()
    eigenvalue_panel(axes, [0, 0.5])
    assert axes.get_title(loc="right") == ""
