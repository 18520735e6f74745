"""Refined: the images of a group, drawn anew by what the network sees in them at hidden layers.

An indicator finds the clearest images of a group and overlooks others: a piece of theirs is covered, or
raises the class less. What a group shares beyond the piece is learnt from hidden layers: a linear rule
is fitted to tell its images from the others, each image gets the decision value of a rule that did not
see it, and the images are cut into two parts by these values. The part with the group is the next group,
until it stays. A group counts as seen at hidden layers if rules tell its images nearly without fault;
any other is left as it was found.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from unhans.detection.evidence import Evidence
from unhans.detection.groups import FEWEST, Group
from unhans.types import Flags

DIMENSIONS = 32
"""Principal directions in which a rule is fitted"""

RIDGE = 1.0
"""Variance added to each of them, as a multiple of their mean variance"""

FOLDS = 5
"""Parts of the images: each gets its values from the rule of the others."""

ROUNDS = 5
"""Times that a group is drawn anew at most"""

SEEN = 0.9
"""Area under the curve from which a rule tells the images of a group as it was found"""

APART = 0.75
"""Share of the decision values' variance that lies between the two parts, from which these are two. It is
0.64 where a normal distribution is cut in halves, and up to 0.74 in photographs without a mark."""

KEPT = 0.8
"""Share of the images as they were found that the refined group holds at least"""

Values = NDArray[np.float64]


def refine(evidence: Evidence, group: Group) -> Group:
    """Draw the images of a group anew.

    Parameters
    ----------
    evidence : Evidence
        Of the class.
    group : Group
        As an indicator found it, among at most half of the class.

    Returns
    -------
    Group
        With the same gap, which is the indicator's value. The score of a refined group is each image's
        decision value, in standard deviations of the other images from their mean. The group itself where
        hidden layers were not kept or do not tell it.

    """
    n, size = len(group.members), int(group.members.sum())
    points, members = evidence.hidden, group.members
    if points is None or not FEWEST <= size <= n // 2:
        return group
    for turn in range(ROUNDS):
        values = decisions(points, members, [evidence.seed, turn])
        if turn == 0 and area(values, members) < SEEN:
            return group
        before, (members, between) = members, parts(values)
        if np.array_equal(before, members):
            break
    if between < APART or members[group.members].mean() < KEPT:
        return group
    others = values[~members]
    spread = float(others.std())
    score = (values - others.mean()) / (spread if spread > 0 else 1.0)
    return Group(members, group.gap, score)


def coordinates(whitened: Values) -> Values:
    """Coordinates of images in the first principal directions of what the network sees in them.

    Parameters
    ----------
    whitened : ndarray of float64, shape (n, channels)
        Relevance of channels, from `whitening.whitened`.

    Returns
    -------
    ndarray of float64, shape (n, at most `DIMENSIONS`)
        About the class's mean.

    """
    left, scale, _ = np.linalg.svd(whitened - whitened.mean(axis=0), full_matrices=False)
    return np.asarray((left * scale)[:, :DIMENSIONS])


def decisions(points: Values, members: Flags, seed: list[int]) -> Values:
    """Decision value of each image, by a linear rule that was fitted to the others.

    The rule is the ridge regression of +1 for the group and -1 for the rest, which count half each.

    Parameters
    ----------
    points : ndarray of float64, shape (n, d)
        Coordinates of the images.
    members : ndarray of bool, shape (n,)
        The group; it and the rest have at least `FEWEST` images.
    seed : list of int
        Of the parts.

    Returns
    -------
    ndarray of float64, shape (n,)
        The higher, the more like the group.

    """
    random, part = np.random.default_rng(seed), np.empty(len(members), dtype=np.int64)
    for side in (members, ~members):
        own = np.flatnonzero(side)
        part[random.permutation(own)] = np.arange(len(own)) % FOLDS
    values = np.empty(len(members))
    for fold in range(FOLDS):
        seen = part != fold
        inside = members[seen]
        weight = np.where(inside, 0.5 / inside.sum(), 0.5 / (~inside).sum())
        middle = weight @ points[seen]
        moved = points[seen] - middle
        covariance = (moved * weight[:, None]).T @ moved
        floor = RIDGE * covariance.trace() / len(covariance)
        target = weight * np.where(inside, 1.0, -1.0)
        rule = np.linalg.lstsq(
            covariance + floor * np.eye(len(covariance)), target @ moved, rcond=None
        )[0]
        values[~seen] = (points[~seen] - middle) @ rule
    return values


def area(values: Values, members: Flags) -> float:
    """Area under the curve: how often an image of the group has a greater value than one of the rest.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Decision values.
    members : ndarray of bool, shape (n,)
        The group.

    Returns
    -------
    float
        1 where all are above, 0.5 by chance.

    """
    size = int(members.sum())
    ranks = float(rankdata(values)[members].sum())
    return (ranks - size * (size + 1) / 2) / (size * (len(values) - size))


def parts(values: Values) -> tuple[Flags, float]:
    """Cut images into two parts by their values, so that most of the variance lies between them.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Decision values, of at least twice `FEWEST` images.

    Returns
    -------
    ndarray of bool, shape (n,)
        The upper part: `FEWEST` images at least, and at most half of all.
    float
        Share of the variance that lies between the parts; 0 where there is no variance.

    """
    n = len(values)
    order = np.argsort(-values, kind="stable")
    falling = values[order] - values.mean()
    above = np.arange(1, n)
    sums = np.cumsum(falling)[:-1]
    between = sums**2 / above + sums**2 / (n - above)
    between[(above < FEWEST) | (above > n // 2)] = -1.0
    best = int(between.argmax())
    upper = np.zeros(n, dtype=bool)
    upper[order[: best + 1]] = True
    whole = float((falling**2).sum())
    return upper, float(between[best]) / whole if whole > 0 else 0.0
