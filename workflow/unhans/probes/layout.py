"""Layout: framing, borders, corners, background, and where edges lie."""

import math

import numpy as np

from unhans.probes.views import Map, View, parts

UNIFORM = 3 / 255
"""A row or column is part of a border while its brightness differs by no more from the border's."""

SPREAD = 4 / 255
"""Most standard deviation of brightness within one row or column of a border."""

RIM, MIDDLE, BACKGROUND = 7 / 8, 0.5, 0.75
"""Sides of rectangles in the middle, as shares: outside of the first lies the rim, within the second the
middle, outside of the third the background."""

DARK = 0.1
"""Brightness below which a corner is dark."""

CELLS = 16
"""The object is looked for in parts of a sixteenth of the shorter side."""

OBJECT = 0.8
"""Share of the energy of edges that the object has."""


def measure(seen: View, whole: View) -> dict[str, float]:
    """Measure where things lie.

    Parameters
    ----------
    seen : View
        What networks are given.
    whole : View
        All of the image.

    Returns
    -------
    dict of str to float
        By property; see `properties.PROPERTIES`.

    """
    top, bottom, left, right = borders(whole)
    return {
        **framing(seen),
        "border_top": top,
        "border_bottom": bottom,
        "border_left": left,
        "border_right": right,
        "border_area": _area((top, bottom, left, right)),
        "border_seen": _area(borders(seen)),
        **rim(seen),
        **corners(seen),
        **background(seen),
        **orientation(seen),
    }


def framing(view: View) -> dict[str, float]:
    """Measure how the energy of edges is spread about the middle.

    Parameters
    ----------
    view : View
        What networks are given.

    Returns
    -------
    dict of str to float
        Share of the energy in the middle, root mean squared distance from the middle and from the centre
        of mass, and share of the view that holds `OBJECT` of the energy. NaN without edges.

    """
    edges, total = view.edges, float(view.edges.sum(dtype=np.float64))
    if not total:
        return dict.fromkeys(
            ("middle_edges", "edge_radius", "edge_spread", "object_area"), math.nan
        )
    across, down = view.places
    columns, rows = edges.sum(axis=0, dtype=np.float64), edges.sum(axis=1, dtype=np.float64)
    squared = (
        float(columns @ across.astype(np.float64) ** 2 + rows @ down.astype(np.float64) ** 2)
        / total
    )
    x, y = float(columns @ across) / total, float(rows @ down) / total
    return {
        "middle_edges": 1 - float(edges[view.frame(MIDDLE)].sum(dtype=np.float64)) / total,
        "edge_radius": math.sqrt(squared),
        "edge_spread": math.sqrt(max(0.0, squared - x**2 - y**2)),
        "object_area": _object(edges),
    }


def borders(view: View) -> tuple[float, float, float, float]:
    """Measure the uniform borders: rows and columns of one brightness, all of the same.

    Parameters
    ----------
    view : View
        Of any size.

    Returns
    -------
    top, bottom, left, right : float
        Width of each, as a share of the height or width. An image of one brightness is all border: 1 at
        the top and 0 elsewhere.

    """
    top = _uniform(view.luma)
    if top == view.height:
        return 1.0, 0.0, 0.0, 0.0
    bottom = _uniform(view.luma[::-1])
    # Rows of a border at the top or bottom say nothing about columns.
    inner = view.luma[top : view.height - bottom]
    left, right = _uniform(inner.T), _uniform(inner.T[::-1])
    return top / view.height, bottom / view.height, left / view.width, right / view.width


def rim(view: View) -> dict[str, float]:
    """Compare the outer rim of a view with its middle.

    Parameters
    ----------
    view : View
        What networks are given.

    Returns
    -------
    dict of str to float
        Brightness of the rim less that of the middle, log10 of the ratio of their contrasts (0.01 added
        to both), and distance of their mean colours.

    """
    outer, inner = view.frame(RIM), ~view.frame(MIDDLE)
    colour = view.mean_colour(outer) - view.mean_colour(inner)
    spread = (view.luma[outer].std() + 0.01) / (view.luma[inner].std() + 0.01)
    return {
        "rim_brightness": float(view.luma[outer].mean() - view.luma[inner].mean()),
        "rim_contrast": float(np.log10(spread)),
        "rim_colour": float(np.linalg.norm(colour)),
    }


def corners(view: View) -> dict[str, float]:
    """Compare the corners with the rest of a view, and with each other.

    Parameters
    ----------
    view : View
        What networks are given.

    Returns
    -------
    dict of str to float
        Brightness outside of the circle that touches the sides less that within, share of dark pixels
        there less that within, and the greatest difference of one corner's mean brightness from the
        median of the four.

    """
    outside = view.outside_circle()
    out, within = view.luma[outside], view.luma[~outside]
    high, wide = max(1, view.height // 8), max(1, view.width // 8)
    pieces = [
        float(view.luma[rows, columns].mean())
        for rows in (slice(high), slice(-high, None))
        for columns in (slice(wide), slice(-wide, None))
    ]
    return {
        "corner_brightness": float(out.mean() - within.mean()),
        "dark_corners": float((out < DARK).mean() - (within < DARK).mean()),
        "odd_corner": float(np.abs(np.array(pieces) - np.median(pieces)).max()),
    }


def background(view: View) -> dict[str, float]:
    """Measure what lies around the middle.

    Parameters
    ----------
    view : View
        What networks are given.

    Returns
    -------
    dict of str to float
        Mean brightness and colour of the background, its contrast, and how many edges it has.

    """
    outer = view.frame(BACKGROUND)
    red, green, blue = view.mean_colour(outer).tolist()
    return {
        "background_brightness": float(view.luma[outer].mean()),
        "background_red_green": red - green,
        "background_yellow_blue": (red + green) / 2 - blue,
        "background_contrast": float(view.luma[outer].std()),
        "background_detail": float(np.log10(1e-6 + view.edges[outer].mean(dtype=np.float64))),
    }


def orientation(view: View) -> dict[str, float]:
    """Measure where edges and light lie, and which way edges run.

    Parameters
    ----------
    view : View
        What networks are given.

    Returns
    -------
    dict of str to float
        Centre of mass of the edges (right and down positive), brightness of the right half less the left
        and of the lower half less the upper, and the share of the energy of upright edges. NaN without
        edges.

    """
    across, down = view.places
    slopes = [float((slope**2).sum(dtype=np.float64)) for slope in view.slopes]
    total = sum(slopes)
    luma = view.luma
    if total:
        x = float(view.edges.sum(axis=0, dtype=np.float64) @ across) / total
        y = float(view.edges.sum(axis=1, dtype=np.float64) @ down) / total
    else:
        x = y = math.nan
    return {
        "centre_x": x,
        "centre_y": y,
        "left_right": float(luma[:, across > 0].mean() - luma[:, across < 0].mean()),
        "top_bottom": float(luma[down > 0].mean() - luma[down < 0].mean()),
        "upright_edges": slopes[0] / total if total else math.nan,
    }


def _uniform(rows: Map) -> int:
    """Count the first rows that are of one brightness, that of the first row."""
    ground = float(rows[0].mean())
    is_border = (np.abs(rows.mean(axis=1) - ground) <= UNIFORM) & (rows.std(axis=1) <= SPREAD)
    return len(rows) if is_border.all() else int(np.argmin(is_border))


def _area(sides: tuple[float, float, float, float]) -> float:
    """Share of an image that its borders cover."""
    top, bottom, left, right = sides
    return 1 - (1 - top - bottom) * (1 - left - right)


def _object(edges: Map) -> float:
    """Least share of the parts of a view that hold `OBJECT` of the energy of its edges."""
    cut = parts(edges, max(1, min(edges.shape) // CELLS)).sum(axis=(1, 3), dtype=np.float64)
    shares = np.sort(cut.ravel())[::-1]
    reached = np.cumsum(shares) >= OBJECT * shares.sum()
    return float((np.argmax(reached) + 1) / len(shares))
