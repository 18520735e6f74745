"""Colour: mean and spread of colour, brightness and contrast of a view."""

import numpy as np

from unhans.probes.views import View, parts

DARK, BRIGHT = 0.05, 0.95
"""Brightness below which a pixel is dark, and above which it is bright."""

GREY = 4
"""Most levels of 255 by which the channels of a grey pixel differ; JPEG makes some of its own."""

BLOCKS = 16
"""Local contrast is the spread within each part of a sixteenth of the shorter side."""


def measure(view: View) -> dict[str, float]:
    """Measure colour, brightness and contrast.

    Parameters
    ----------
    view : View
        What networks are given.

    Returns
    -------
    dict of str to float
        By property; see `properties.PROPERTIES`.

    """
    red, green, blue = view.channels
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    # Channel by channel: along the last axis NumPy is ten times slower.
    first, second, third = np.moveaxis(view.pixels, 2, 0)
    highest = np.maximum(np.maximum(first, second), third)
    width = highest - np.minimum(np.minimum(first, second), third)
    saturation = width.astype(np.float32) / np.maximum(highest, 1)
    luma = view.luma
    low, middle, high = np.quantile(luma, [0.05, 0.5, 0.95])
    return {
        "red_green": float(red_green.mean()),
        "yellow_blue": float(yellow_blue.mean()),
        "red_green_spread": float(red_green.std()),
        "yellow_blue_spread": float(yellow_blue.std()),
        "saturation": float(saturation.mean()),
        "saturation_spread": float(saturation.std()),
        "grey_pixels": float((width <= GREY).mean()),
        "brightness": float(luma.mean()),
        "brightness_median": float(middle),
        "dark_pixels": float((luma < DARK).mean()),
        "bright_pixels": float((luma > BRIGHT).mean()),
        "contrast_spread": float(luma.std()),
        "contrast_range": float(high - low),
        "contrast_local": _local(view),
    }


def _local(view: View) -> float:
    """Mean standard deviation of brightness within parts of the view; NaN where they have one pixel."""
    cut = parts(view.luma, max(2, min(view.height, view.width) // BLOCKS))
    return float(cut.std(axis=(1, 3)).mean()) if cut.size else float("nan")
