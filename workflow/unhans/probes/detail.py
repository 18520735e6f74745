"""Detail: sharpness, noise, blocks of JPEG, and what looks like letters."""

import math

import numpy as np
from numpy.typing import NDArray

from unhans.probes.views import Map, View

BLOCK = 8
"""Side of a block of JPEG."""

FINE, COARSE = 0.25, 1 / 16
"""Cycles a pixel from which detail is fine, and below which it is coarse."""

TEXT_SIDE = 64
"""In views of fewer pixels a side no letters are looked for."""


def measure(seen: View, native: View) -> dict[str, float]:
    """Measure fine detail.

    Parameters
    ----------
    seen : View
        What networks are given.
    native : View
        The middle of the image as its file holds it.

    Returns
    -------
    dict of str to float
        By property; see `properties.PROPERTIES`. NaN where a view is too small.

    """
    fine, coarse = spectrum(seen.luma)
    return {
        "sharpness": sharpness(seen.luma),
        "sharpness_native": sharpness(native.luma),
        "high_frequencies": fine,
        "low_frequencies": coarse,
        "noise": noise(native.luma),
        "blockiness": blockiness(native.luma),
        "text": text(seen),
    }


def sharpness(luma: Map) -> float:
    """Measure how strongly brightness bends: log10 of 1 plus the variance of its Laplacian, in levels.

    Parameters
    ----------
    luma : ndarray of float32, shape (h, w)
        Brightness from 0 to 1.

    Returns
    -------
    float

    References
    ----------
    Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy".

    """
    wide = np.pad(luma, 1, mode="edge")
    bent = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * luma
    return float(np.log10(1 + 255**2 * bent.var(dtype=np.float64)))


def spectrum(luma: Map) -> tuple[float, float]:
    """Measure the shares of fine and of coarse detail in the power spectrum, the mean left out.

    Parameters
    ----------
    luma : ndarray of float32, shape (h, w)
        Brightness.

    Returns
    -------
    fine, coarse : float
        Share of the power from `FINE`, and below `COARSE`. NaN of an image of one brightness.

    """
    height, width = luma.shape
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1]).astype(np.float32)
    power = np.abs(np.fft.rfft2((luma - luma.mean()) * window)) ** 2
    power[:, 1 : (width + 1) // 2] *= 2  # the other half of the spectrum
    power[0, 0] = 0
    total = power.sum()
    if total <= 1e-6 * luma.size:
        return math.nan, math.nan
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    fine, coarse = power[frequency >= FINE].sum(), power[frequency < COARSE].sum()
    return float(fine / total), float(coarse / total)


def noise(luma: Map) -> float:
    """Estimate the standard deviation of noise, in levels, by the finest diagonal details.

    Parameters
    ----------
    luma : ndarray of float32, shape (h, w)
        Brightness from 0 to 1.

    Returns
    -------
    float
        NaN of an image of one row or column.

    References
    ----------
    Donoho and Johnstone 1994: median absolute Haar coefficient of the diagonal over 0.6745.

    """
    height, width = (length // 2 * 2 for length in luma.shape)
    if not height * width:
        return math.nan
    a, b = luma[:height:2, :width:2], luma[:height:2, 1:width:2]
    c, d = luma[1:height:2, :width:2], luma[1:height:2, 1:width:2]
    return float(np.median(np.abs(a - b - c + d)) / 2 / 0.6745 * 255)


def blockiness(luma: Map) -> float:
    """Measure how much larger steps of brightness are on a grid of eight pixels than elsewhere.

    Parameters
    ----------
    luma : ndarray of float32, shape (h, w)
        Brightness of pixels as the file holds them.

    Returns
    -------
    float
        Mean step across the lines of the grid that has the largest ones, over the mean step across all
        other lines, of columns and of rows, averaged. About 1 without a grid, which may start anywhere,
        as in a cut image. NaN below 24 pixels a side, and without any step.

    """
    if min(luma.shape) < 3 * BLOCK:
        return math.nan
    across = np.abs(np.diff(luma, axis=1)).mean(axis=0, dtype=np.float64)
    down = np.abs(np.diff(luma, axis=0)).mean(axis=1, dtype=np.float64)
    found = [_grid(steps) for steps in (across, down)]
    return float(np.mean(found))


def _grid(steps: NDArray[np.float64]) -> float:
    ratios = []
    for start in range(BLOCK):
        on = steps[start::BLOCK]
        off = (steps.sum() - on.sum()) / (len(steps) - len(on))
        ratios.append(on.mean() / off if off > 0 else math.nan)
    return max(ratios) if np.isfinite(ratios).all() else math.nan


def text(view: View) -> float:
    """Measure the share of a view that looks like lines of letters.

    Edges are closed along rows, so that letters become bars; bars count that are wide, low and filled
    with edges. It finds print and captions, and mistakes railings for them.

    Parameters
    ----------
    view : View
        Of any size.

    Returns
    -------
    float
        Share of the pixels; NaN of a view below `TEXT_SIDE` pixels.

    """
    side = min(view.height, view.width)
    if side < TEXT_SIDE:
        return math.nan
    import cv2  # a quarter of a second that digits need not spend

    cv2.setNumThreads(1)
    grey = np.clip(np.rint(view.luma * 255), 0, 255).astype(np.uint8)
    cross = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    strokes = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, cross)
    level, marked = cv2.threshold(strokes, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    if level < 24:  # faint texture: letters differ from their ground
        marked = (strokes > 24).astype(np.uint8) * 255
    bar = cv2.getStructuringElement(cv2.MORPH_RECT, (max(3, side // 25), 1))
    closed = cv2.morphologyEx(marked, cv2.MORPH_CLOSE, bar)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=4)
    wide, high, area = (
        stats[:, cv2.CC_STAT_WIDTH],
        stats[:, cv2.CC_STAT_HEIGHT],
        stats[:, cv2.CC_STAT_AREA],
    )
    filled = area / (wide * high)
    is_line = (high >= 5) & (high <= side / 8) & (wide >= 2 * high) & (filled > 0.5)
    is_line[0] = False  # the ground
    return float(area[is_line].sum() / labels.size)
