"""Suggestion figure: an artefact as it was isolated, beside the images that it was isolated from."""

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
"""Of a panel, in inches."""

MEAN_OF = 100
"""Images read for a mean."""


@dataclass(frozen=True, eq=False)
class Suggested:
    """What a figure shows."""

    images: Images
    heatmaps: Array
    """(n, h, w) of the same images"""
    members: NDArray[np.bool_]
    """(n,) those that bear the artefact"""
    mask: NDArray[np.bool_]
    """(h, w)"""
    template: NDArray[np.uint8]
    """(h, w) or (h, w, 3)"""


def suggestion_figure(shown: Suggested, title: str) -> Figure:
    """Draw the means of a group and of the other images, what they look at, the template and the mask.

    Parameters
    ----------
    shown : images, the group and the mask
    title : of the figure

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
    """Template within the mask, grey beside it."""
    inside = shown.mask if shown.template.ndim == 2 else shown.mask[..., None]
    return np.where(inside, shown.template, np.uint8(128))
