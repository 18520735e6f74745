"""Toy figure: spectral clustering step by step, on points in the plane."""

from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from unhans.paper.toy import Toy
from unhans.reporting.figures.eigenvalues import eigenvalue_panel
from unhans.reporting.figures.style import COLORS


def toy_figure(toy: Toy) -> Figure:
    """Draw spectral clustering step by step (figure 2 of the paper).

    Parameters
    ----------
    toy : Toy
        From `toy.toy`.

    Returns
    -------
    Figure

    """
    figure = Figure(figsize=(14, 3.8), layout="constrained")
    affinity, gap, embedding, result = figure.subplots(1, 4)
    affinity.imshow(toy.affinity, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    affinity.set_xlabel("point, sorted by group")
    affinity.set_ylabel("point, sorted by group")
    eigenvalue_panel(gap, toy.eigenvalues)
    gap.set_box_aspect(1)
    colors = ListedColormap(COLORS[: toy.clusters])(toy.labels)
    embedding.scatter(toy.embedding[:, 1], toy.embedding[:, 2], s=16, c=colors, linewidths=0)
    embedding.locator_params(nbins=5)
    embedding.set_xlabel("eigenvector 2")
    embedding.set_ylabel("eigenvector 3")
    embedding.set_box_aspect(1)
    result.scatter(toy.points[:, 0], toy.points[:, 1], s=16, c=colors, linewidths=0)
    result.set_aspect("equal", adjustable="datalim")
    result.set_box_aspect(1)
    result.set_xlabel("x")
    result.set_ylabel("y")
    titles = ("a) affinity", "b) eigenvalues", "c) spectral embedding", "d) clusters")
    for axes, title in zip((affinity, gap, embedding, result), titles, strict=True):
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    return figure
