"""Measured: what the first group of each indicator of a class is, read from the results of the stage."""

from typing import Any

import numpy as np
from scipy import stats

from unhans.detection import calibration, places
from unhans.detection.groups import HALF
from unhans.detection.indicators import INDICATORS
from unhans.io.store import Result
from unhans.types import Array, Flags

HELD = 0.8
"""Share of what a group has more of, in the bins that count as its place."""

SAME = 0.5
"""Two indicators found the same group if so much of the images of either is in both."""


def rows(result: Result) -> dict[str, dict[str, Any]]:
    """Measure the first group of each indicator of a class.

    Parameters
    ----------
    result : Result
        Of the stage ``group_search``; its status is ok.

    Returns
    -------
    dict of str to dict
        By indicator: ``value``; ``null``, the geometric mean of its null; ``excess``; ``images`` of the
        group; ``place``, ``relevance`` and ``relevance_elsewhere``; the same of the other images as
        ``others_place``, ..., where they may be those with the artefact; ``group``, the same number for
        the same group; and ``errors``, ``errors_elsewhere``, ``errors_p`` where the network's ranks were
        kept.

    """
    points = result["coordinates"].astype(np.float64)
    wrong = result["wrong"] if "wrong" in result.arrays else None
    groups: list[Flags] = []
    found: dict[str, dict[str, Any]] = {}
    for name, indicator in INDICATORS.items():
        if name not in result.arrays:
            continue
        value, null = float(result[name][0]), result[f"{name}_null"]
        members = result[f"{name}_members"][0]
        where = result[f"{name}_where"].astype(np.float64)
        row: dict[str, Any] = {
            "value": value,
            "excess": calibration.excess(value, null),
            "null": _mean(null),
        }
        row |= {"images": int(members.sum()), "group": _number(members, groups)}
        row |= _place(points, members, where)
        if indicator.anywhere and members.any():
            row["place"] = places.describe_pattern(where.reshape(_square(where)), members.sum())
        if f"{name}_points" in result.arrays:
            inside, elsewhere, tried = result[f"{name}_points"].tolist()
            row |= {"points": inside, "points_elsewhere": elsewhere, "tried": int(tried)}
        if indicator.two_sided:
            row |= _others(points, members, where)
        if wrong is not None:
            row |= errors(members, wrong)
        found[name] = row
    return found


def errors(members: Flags, wrong: Flags) -> dict[str, float]:
    """Compare how many images the network is wrong about in a group and elsewhere.

    Parameters
    ----------
    members : ndarray of bool, shape (n,)
        The group.
    wrong : ndarray of bool, shape (n,)
        Images that the network takes for another class.

    Returns
    -------
    dict of str to float
        ``errors`` and ``errors_elsewhere``, shares of the group and of the other images, and
        ``errors_p``, by Fisher's exact test, one-sided: chance that so many of the network's errors would
        be in the group. Nothing where all images are in the group, or none.

    """
    table = [
        [int((wrong & part).sum()), int((~wrong & part).sum())] for part in (members, ~members)
    ]
    if members.all() or not members.any():
        return {}
    return {
        "errors": float(wrong[members].mean()),
        "errors_elsewhere": float(wrong[~members].mean()),
        "errors_p": float(stats.fisher_exact(table, alternative="greater").pvalue),
    }


def _mean(null: Array) -> float:
    """Geometric mean of the positive values; zero without any."""
    positive = null[null > 0]
    return float(np.exp(np.log(positive).mean())) if positive.size else 0.0


def _number(members: Flags, groups: list[Flags]) -> int:
    """Number of a group among those of its class; one that is new is appended."""
    for at, other in enumerate(groups):
        if (members & other).sum() >= SAME * max(members.sum(), other.sum()):
            return at + 1
    groups.append(members)
    return len(groups)


def _place(points: Array, members: Flags, where: Array) -> dict[str, Any]:
    """Place of what a group has more of, and the share of its relevance there.

    Parameters
    ----------
    points : ndarray of float64, shape (n, side * side)
        Square roots of shares of relevance.
    members : ndarray of bool, shape (n,)
        The group.
    where : ndarray of float64, shape (side * side,)
        What the group has more of than the other images.

    """
    if not members.any():
        return {"place": places.NOWHERE, "relevance": np.nan, "relevance_elsewhere": np.nan}
    shares = points**2
    order = np.argsort(-where, kind="stable")
    reached = np.cumsum(np.maximum(where[order], 0))
    bins = order[: int(np.searchsorted(reached, HELD * reached[-1])) + 1]
    return {
        "place": places.describe(where.reshape(_square(where))),
        "relevance": float(shares[members][:, bins].sum(axis=1).mean()),
        "relevance_elsewhere": float(shares[~members][:, bins].sum(axis=1).mean()),
    }


def _square(where: Array) -> tuple[int, int]:
    """Shape of a raster whose bins are in one row."""
    side = round(len(where) ** 0.5)
    return side, side


def _others(points: Array, members: Flags, where: Array) -> dict[str, Any]:
    """Measure the other images as the group, where these may be those with the artefact.

    An artefact in the larger part of a class shows as a group of images without it. The other images then
    have relevance at one place, and the group, which has it elsewhere, at many.
    """
    side = round(points.shape[1] ** 0.5)
    other = places.surplus(points, ~members, side).ravel()
    if members.mean() < HALF and places.spread(other) >= places.spread(where):
        return {}
    return {f"others_{key}": value for key, value in _place(points, ~members, other).items()}
