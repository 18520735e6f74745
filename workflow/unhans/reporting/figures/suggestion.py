"""Suggestion figure: an isolated artefact, beside the images that it was isolated from."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.reporting.figures.image_panels import (
    MEAN_STEP,
    Images,
    mean_heatmap,
    mean_image,
    show_heatmap,
    show_image,
)
from unhans.reporting.figures.layout import LINE, MARGIN, FigureLayout
from unhans.types import Array

SIDE = 1.7
"""Side of a panel, in inches."""

MEAN_OF = 100
"""Number of images read for a mean at most."""


@dataclass(frozen=True, eq=False)
class Suggested:
    """An isolated artefact and its class.

    Parameters
    ----------
    images : Images
        The n images of the class.
    heatmaps : ndarray of float, shape (n, h, w)
        Relevance of the same images.
    members : ndarray of bool, shape (n,)
        Images of the group that has the artefact.
    mask : ndarray of bool, shape (h, w)
        Pixels of the artefact.
    template : ndarray of uint8, shape (h, w) or (h, w, 3)
        The artefact as people see it.

    """

    images: Images
    heatmaps: Array
    members: NDArray[np.bool_]
    mask: NDArray[np.bool_]
    template: NDArray[np.uint8]


def suggestion_figure(shown: Suggested, title: str) -> Figure:
    """Draw the mean images and heatmaps of a group and of the other images, the template and the mask.

    Parameters
    ----------
    shown : Suggested
        The artefact and its class.
    title : str
        Of the figure.

    Returns
    -------
    Figure

    """
    inside, outside = np.nonzero(shown.members)[0], np.nonzero(~shown.members)[0]
    heads = ("mean of the group", "of the others", "relevance", "of the others", "template", "mask")
    step = SIDE + MARGIN
    layout = FigureLayout.titled(len(heads) * step + MARGIN, SIDE + LINE, title)
    axes = []
    for place, head in enumerate(heads):
        left = MARGIN + place * step
        layout.write(left, layout.top + LINE / 2, head, size=9)
        axes.append(layout.axes(left, layout.top + LINE, SIDE, SIDE))
    for at, part in zip(axes[:2], (inside, outside), strict=True):
        show_image(at, mean_image(shown.images, part[:MEAN_OF])[0], step=MEAN_STEP)
    for at, part in zip(axes[2:4], (inside, outside), strict=True):
        show_heatmap(at, mean_heatmap(shown.heatmaps, part))
    show_image(axes[4], within_mask(shown), step=MEAN_STEP)
    show_image(axes[5], shown.mask.astype(np.uint8) * 255)
    return layout.figure


def within_mask(shown: Suggested) -> NDArray[np.uint8]:
    """Cover a template with grey outside the mask.

    Parameters
    ----------
    shown : Suggested
        The artefact.

    Returns
    -------
    ndarray of uint8, shape (h, w) or (h, w, 3)

    """
    inside = shown.mask if shown.template.ndim == 2 else shown.mask[..., None]
    return np.where(inside, shown.template, np.uint8(128))
