"""Transplanted: images a piece of which raises the class in whatever other image it is put into.

The stage ``transplant`` puts pieces of each image into a few images of other classes and measures by how
much the class rises there. Most images of a class have about the same small rise: what they hold of their
class says little elsewhere. Images with an artefact that the network uses stand far above. How far is
measured twice, and the indicator is the product of both: the height above the other images in units of
their spread, and the height as a share of what a whole image says of its class.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.detection import places, refined
from unhans.detection.evidence import Evidence, Found, Points, Rises
from unhans.detection.groups import FEWEST, Group
from unhans.types import Array

PIECES = ("window", "rim", "style")
"""Pieces of an image, in the order in which the stage ``transplant`` keeps them."""

SHARE = 0.05
"""Share of the images whose mean rise is the height of the highest."""

FLOOR = 0.01
"""Least spread, as a share of the evidence: rises that are all about zero would have none."""

CONSISTENT = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""


def find(piece: str, evidence: Evidence) -> Found | None:
    """Find images of which one piece raises the class in other images.

    Parameters
    ----------
    piece : str
        One of `PIECES`.
    evidence : Evidence
        Of a class.

    Returns
    -------
    Found or None
        None where no piece was put into images of other classes.

    """
    rises = evidence.rises.get(piece)
    if rises is None:
        return None
    found = refined.refine(evidence, group(rises.rise, rises.evidence))
    where = np.zeros(2 * [evidence.side])
    if found.members.any():
        where = places.surplus(evidence.points, found.members, evidence.side)
    # A pure number that needs no comparison of the class with itself: the other images are its null.
    return Found([found], where, np.ones(1), _points(rises, found.members))


def _points(rises: Rises, members: NDArray[np.bool_]) -> Points:
    """Mean rise of the probability, in points, by the group's pieces and by those of the others."""
    mean = 100 * rises.probability.mean(axis=1, dtype=np.float64)
    tried = ~np.isnan(mean)
    parts = (mean[part & tried] for part in (members, ~members))
    inside, elsewhere = (float(part.mean()) if part.size else float("nan") for part in parts)
    return Points(inside, elsewhere, int(tried.sum()))


def group(rise: Array, evidence: float) -> Group:
    """Find the images whose piece raises the class far more than that of the others.

    Parameters
    ----------
    rise : ndarray of float, shape (n, hosts)
        By how much the class rises in each host; NaN for images that were not tried. An image counts
        by the host in which the class rises least.
    evidence : float
        Margin of the class in its own images, less that in the hosts.

    Returns
    -------
    Group
        ``gap`` is the indicator: with the height h of the `SHARE` of images with the highest rise
        (`groups.FEWEST` at least) above the median, h / spread * h / evidence; 0 where the evidence is
        not positive. ``members`` rise by more than half of h. ``score`` is the rise above the median in
        units of h, and 0 for images that were not tried.

    """
    least = np.asarray(rise, dtype=np.float64).min(axis=1)
    tried = ~np.isnan(least)
    known = least[tried]
    nothing = np.zeros(len(least))
    if not known.size or evidence <= 0:
        return Group(nothing > 0, 0.0, nothing)
    middle = float(np.median(known))
    count = min(len(known), max(FEWEST, int(np.ceil(SHARE * len(known)))))
    height = float(np.sort(known)[-count:].mean()) - middle
    if height <= 0:
        return Group(nothing > 0, 0.0, nothing)
    deviation = CONSISTENT * float(np.median(np.abs(known - middle)))
    spread = float(np.hypot(deviation, FLOOR * evidence))
    score = np.where(tried, (np.where(tried, least, middle) - middle) / height, 0.0)
    return Group(np.asarray(score > 0.5), height / spread * height / evidence, score)


def of_all(
    rise: Array, probability: Array, row: Array, *, n: int, evidence: float
) -> dict[str, Rises]:
    """Spread what was measured of some images over all images of the class.

    Parameters
    ----------
    rise, probability : ndarray of float32, shape (m, pieces, hosts)
        Of the stage ``transplant``.
    row : ndarray of int, shape (m,)
        Places of these images among those of the class.
    n : int
        Images of the class.
    evidence : float
        See `group`.

    Returns
    -------
    dict of str to Rises
        By piece, NaN for images that were not tried. Empty where no image was tried.

    """
    if not len(row):
        return {}
    both = np.full((2, n, *rise.shape[1:]), np.nan, dtype=np.float32)
    both[0, row], both[1, row] = rise, probability
    return {
        piece: Rises(both[0, :, at], both[1, :, at], evidence) for at, piece in enumerate(PIECES)
    }
